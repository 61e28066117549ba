/**
 * What a node tells of itself on the cluster's telemetry channel.
 *
 * Telemetry is unsigned and only for display: any publisher can report anything in any node's name, so
 * nothing is ever decided by it. A report is small; what does not fit is left out and counted.
 */

import { STANDING_OF, type Evidence } from '@ccro/consensus';
import { z } from 'zod';

/** Most entries of a report. A full one stays below `MAX_REPORT_BYTES`. */
export const REPORT_LIMITS = { messages: 64, decisions: 16, progress: 8, evidence: 8 } as const;

/** Longer reports are not read. */
export const MAX_REPORT_BYTES = 24 * 1024;

/** Digits of a digest that are reported: enough to see which differ. */
const DIGEST_DIGITS = 12;

/** Kinds of messages that are reported; the others say little about a decision. */
export const REPORTED_KINDS = [
  'pre-prepare',
  'vote',
  'certificate',
  'reply',
  'brief-reply',
  'decision',
  'view-change',
  'new-view',
  'suspicion',
] as const;

const count = z.int().min(0);
const node = count.max(9999);
const digest = z.string().regex(/^[0-9a-f]{1,12}$/);
/** A word of the protocol: what a page shows of it is text, whatever it says. */
const word = z.string().regex(/^[a-z][a-z-]{0,39}$/);

const evidenceKind = z.enum(Object.keys(STANDING_OF) as Evidence['kind'][]);

const sentMessage = z.object({
  kind: z.enum(REPORTED_KINDS),
  phase: z.enum(['prepare', 'commit', 'checkpoint']).nullable(),
  /** `all` includes the sender. */
  to: z.union([node, z.enum(['all', 'client'])]),
  view: count.nullable(),
  sequence: count.nullable(),
  digest: digest.nullable(),
  /** Milliseconds since the node's first message about the slot; 0 for what is of no slot. */
  afterMs: z.number().min(0),
});

const decision = z.object({
  sequence: count,
  view: count,
  digest,
  requests: count,
  fast: z.boolean(),
  fellBack: z.boolean(),
  /** Milliseconds from accepting the pre-prepare; null when the slot came by catching up. */
  durationMs: z.number().min(0).nullable(),
  correct: count,
  corrupt: count,
});

const progress = z.object({
  kind: word,
  view: count.nullable(),
  sequence: count.nullable(),
  why: word.nullable(),
});

const evidence = z.object({
  accused: node,
  kind: evidenceKind,
  view: count.nullable(),
  sequence: count.nullable(),
});

const nodeState = z.object({
  view: count,
  primary: node,
  collector: node.nullable(),
  lastExecuted: count,
  fault: word.nullable(),
  /** Since the node started. */
  counters: z.object({
    received: count,
    rejected: count,
    unsent: count,
    /** Votes with a wrong signature, from any sender. */
    badVotes: count,
    /** Slots decided here in one round of votes, in two, and learnt from others. */
    fast: count,
    slow: count,
    caughtUp: count,
  }),
});

export const nodeReportSchema = z.object({
  kind: z.literal('telemetry'),
  node,
  state: nodeState,
  /** Slots whose number this power of two divides are reported. */
  every: count.min(1),
  messages: z.array(sentMessage).max(REPORT_LIMITS.messages),
  decisions: z.array(decision).max(REPORT_LIMITS.decisions),
  progress: z.array(progress).max(REPORT_LIMITS.progress),
  evidence: z.array(evidence).max(REPORT_LIMITS.evidence),
  /** Entries that did not fit since the last report. */
  omitted: count,
});

export type SentMessage = z.infer<typeof sentMessage>;
export type ReportedDecision = z.infer<typeof decision>;
export type ReportedProgress = z.infer<typeof progress>;
export type ReportedEvidence = z.infer<typeof evidence>;
export type NodeState = z.infer<typeof nodeState>;
export type NodeReport = z.infer<typeof nodeReportSchema>;

/** The beginning of a digest, as telemetry tells it. */
export function reportedDigest(digestText: string): string {
  return digestText.slice(0, DIGEST_DIGITS);
}

/** Readable JSON, `kind` first. */
export function encodeReport({ kind, ...rest }: NodeReport): Uint8Array {
  return Buffer.from(JSON.stringify({ kind, ...rest }));
}

/** @returns undefined for what is no report of one of `n` nodes; any publisher may have sent it */
export function readReport(payload: Uint8Array, n: number): NodeReport | undefined {
  if (payload.byteLength > MAX_REPORT_BYTES) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(payload).toString('utf8'));
  } catch {
    return undefined;
  }
  const parsed = nodeReportSchema.safeParse(value);
  if (!parsed.success || parsed.data.node >= n) return undefined;
  return parsed.data;
}
