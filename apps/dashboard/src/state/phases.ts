import type { SentMessage } from '@ccro/telemetry';

/** The steps of a decision, in their order. */
export const PHASES = [
  'pre-prepare',
  'prepare vote',
  'prepare certificate',
  'commit vote',
  'commit certificate',
  'full reply',
] as const;

export type PhaseName = (typeof PHASES)[number];

/** How long a step is shown; in truth it takes a millisecond. */
export const PHASE_MS = 420;
/** How long one slot is shown. */
export const SLOT_MS = PHASES.length * PHASE_MS + 600;

/** @returns undefined for what is no step of a decision */
export function phaseOf({
  kind,
  phase,
}: Pick<SentMessage, 'kind' | 'phase'>): PhaseName | undefined {
  switch (kind) {
    case 'pre-prepare':
      return 'pre-prepare';
    case 'reply':
      return 'full reply';
    case 'vote':
    case 'certificate':
      if (phase === null || phase === 'checkpoint') return undefined;
      return `${phase} ${kind}`;
    // Of the others some do not say which slot they are about, such as brief replies.
    default:
      return undefined;
  }
}
