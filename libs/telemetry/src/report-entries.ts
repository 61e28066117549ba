import type {
  Destination,
  Evidence,
  ExecutedSlot,
  Progress,
  ProtocolMessage,
} from '@ccro/consensus';
import type { SealedMessage } from '@ccro/crypto';
import {
  reportedDigest,
  REPORTED_KINDS,
  type ReportedDecision,
  type ReportedEvidence,
  type ReportedProgress,
  type SentMessage,
} from './node-report.js';

/** A message as it is reported, without its slot, time and destination. */
type ReportedMessage = Omit<SentMessage, 'sequence' | 'afterMs' | 'to'>;

const REPORTED: ReadonlySet<string> = new Set(REPORTED_KINDS);

/** @returns undefined for kinds that are not reported */
export function reportedMessage(message: SealedMessage): ReportedMessage | undefined {
  if (!isReported(message)) return undefined;
  const { kind, view } = message;
  switch (kind) {
    case 'vote':
    case 'certificate':
      return { kind, phase: message.phase, view, digest: reportedDigest(message.digest) };
    case 'pre-prepare':
    case 'decision':
      return { kind, phase: null, view, digest: reportedDigest(message.digest) };
    case 'reply': {
      const [first] = message.results;
      return { kind, phase: null, view, digest: first ? reportedDigest(first.batch) : null };
    }
    default:
      return { kind, phase: null, view, digest: null };
  }
}

function isReported(
  message: SealedMessage,
): message is Extract<SealedMessage, { readonly kind: SentMessage['kind'] }> {
  return REPORTED.has(message.kind);
}

/** The slot that a message is about, if it is about one. */
export function slotOf(message: ProtocolMessage | SealedMessage): number | undefined {
  switch (message.kind) {
    case 'pre-prepare':
    case 'vote':
    case 'certificate':
    case 'decision':
      return message.sequence;
    case 'reply':
      return message.results[0]?.sequence;
    default:
      return undefined;
  }
}

/** Whom a message is for, in one word. Clients are not named. */
export function reportedDestination(to: Destination): SentMessage['to'] {
  return to.kind === 'replica' ? to.id : to.kind;
}

export function reportedDecision(slot: ExecutedSlot): ReportedDecision {
  const { sequence, view, digest, requests, fast, fellBack, durationMs, tally } = slot;
  return {
    ...{ sequence, view, digest: reportedDigest(digest), requests, fast, fellBack },
    durationMs: durationMs ?? null,
    correct: tally.correct,
    corrupt: tally.corrupt,
  };
}

/** @returns undefined for stable checkpoints, which come all the time, and what is for logs alone */
export function reportedProgress(progress: Progress): ReportedProgress | undefined {
  const nothing = { view: null, sequence: null, why: null };
  const { kind } = progress;
  switch (kind) {
    case 'left-view':
      return { ...nothing, kind, view: progress.view, why: progress.why };
    case 'entered-view':
      return { ...nothing, kind, view: progress.view };
    case 'fetching-state':
    case 'took-state-over':
      return { ...nothing, kind, sequence: progress.sequence };
    case 'stable-checkpoint':
    case 'settings-differ':
    case 'takes-no-part':
    case 'takes-part-again':
      return undefined;
  }
}

export function reportedEvidence(evidence: Evidence): ReportedEvidence {
  const { kind, accused } = evidence;
  switch (kind) {
    case 'conflicting-votes':
      return { kind, accused, ...slotNamedBy(evidence.votes[0]) };
    case 'conflicting-proposals':
      return { kind, accused, ...slotNamedBy(evidence.proposals[0]) };
    case 'vote-against-decision':
      return { kind, accused, ...slotNamedBy(evidence.vote) };
    case 'collector-failed':
      return { kind, accused, ...slotNamedBy(evidence) };
    case 'wrong-chunk':
      return { kind, accused, view: null, sequence: evidence.sequence };
  }
}

function slotNamedBy({ view, sequence }: Pick<ReportedDecision, 'view' | 'sequence'>) {
  return { view, sequence };
}
