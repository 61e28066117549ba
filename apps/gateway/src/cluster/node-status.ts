import { STANDING_OF, type Evidence, type ReplicaId } from '@ccro/consensus';
import { z } from 'zod';

const count = z.int().min(0);

const evidenceSchema = z.looseObject({
  kind: z.enum(Object.keys(STANDING_OF) as Evidence['kind'][]),
  accused: count,
  count,
  /** The statements: see `EvidenceJudge`. */
  latest: z.unknown().optional(),
});

/** Entries that are read: of all five kinds against all members of the largest cluster. */
const MAX_EVIDENCE = 5 * 1024;

/** Of kinds that are not known here nothing could be said. */
function readEvidence(entry: unknown): z.infer<typeof evidenceSchema>[] {
  const parsed = evidenceSchema.safeParse(entry);
  return parsed.success ? [parsed.data] : [];
}

/**
 * What a node says of itself, as far as the gateway reads it; the rest is passed on. It is the
 * node's own word: a liar may say anything that has this shape.
 */
const nodeStatusSchema = z.looseObject({
  up: z.boolean(),
  view: count,
  primary: count,
  collector: count.nullish(),
  lastExecuted: count,
  /** A word, whichever faults that node's version knows. */
  fault: z
    .string()
    .regex(/^[a-z-]{1,40}$/)
    .nullish(),
  tally: z.object({ correct: count, corrupt: count }).nullish(),
  evidence: z
    .array(z.unknown())
    .default([])
    .transform((entries) => entries.slice(0, MAX_EVIDENCE).flatMap(readEvidence)),
});

export type NodeStatus = z.infer<typeof nodeStatusSchema> & { readonly id: ReplicaId };

/** @returns undefined for an answer that has not the shape of a status */
export function readNodeStatus(id: ReplicaId, answer: unknown): NodeStatus | undefined {
  const parsed = nodeStatusSchema.safeParse(answer);
  return parsed.success ? { ...parsed.data, id } : undefined;
}
