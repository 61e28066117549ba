import type {
  Destination,
  Evidence,
  ExecutedSlot,
  Progress,
  ProtocolMessage,
} from '@ccro/consensus';
import type { SealedMessage } from '@ccro/crypto';
import {
  shortDigest,
  type ReportedDecision,
  type ReportedEvidence,
  type ReportedProgress,
  type SentMessage,
} from './node-report.js';

/** A message as it is told, but for its slot, the time and whom it is for. */
type Told = Omit<SentMessage, 'sequence' | 'afterMs' | 'to'>;

/** @returns undefined for kinds that are not told */
export function toldMessage(message: SealedMessage): Told | undefined {
  const { kind } = message;
  switch (kind) {
    case 'vote':
    case 'certificate': {
      const { phase, view, digest } = message;
      return { kind, phase, view, digest: shortDigest(digest) };
    }
    case 'pre-prepare':
    case 'decision': {
      const { view, digest } = message;
      return { kind, phase: null, view, digest: shortDigest(digest) };
    }
    case 'reply': {
      const { view, results } = message;
      const [first] = results;
      const digest = first === undefined ? null : shortDigest(first.batch);
      return { kind, phase: null, view, digest };
    }
    case 'brief-reply':
    case 'view-change':
    case 'new-view':
    case 'suspicion':
      return { kind, phase: null, view: message.view, digest: null };
    case 'request':
    case 'requests':
    case 'status':
    case 'fetch':
    case 'fetch-chunk':
    case 'chunk-part':
      return undefined;
  }
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
export function toldDestination(to: Destination): SentMessage['to'] {
  return to.kind === 'replica' ? to.id : to.kind;
}

export function toldDecision(slot: ExecutedSlot): ReportedDecision {
  const { sequence, view, digest, requests, fast, fellBack, durationMs, tally } = slot;
  return {
    ...{ sequence, view, digest: shortDigest(digest), requests, fast, fellBack },
    durationMs: durationMs ?? null,
    correct: tally.correct,
    corrupt: tally.corrupt,
  };
}

/** @returns undefined for stable checkpoints, which come all the time, and what is for logs alone */
export function toldProgress(progress: Progress): ReportedProgress | undefined {
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

export function toldEvidence(evidence: Evidence): ReportedEvidence {
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

function slotNamedBy(named: { readonly view: number; readonly sequence: number }): {
  view: number;
  sequence: number;
} {
  return { view: named.view, sequence: named.sequence };
}
