import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import { phaseCounts } from '../ring/flights.js';
import type { ShownSlot } from '../state/dashboard-state.js';

interface PhaseListProps {
  readonly shown: ShownSlot | undefined;
  readonly n: number;
  readonly every: number;
}

/** The messages of the shown slot, phase by phase, in numbers. */
export function PhaseList({ shown, n, every }: PhaseListProps): JSX.Element {
  const counts = useMemo(() => (shown === undefined ? [] : phaseCounts(shown, n)), [shown, n]);
  if (shown === undefined) return <p class="quiet">No messages yet: submit something.</p>;
  return (
    <div>
      <p class="quiet">
        Slot {shown.sequence}, slowed down
        {every > 1 && ` (of the many, one slot in ${every} is told)`}
      </p>
      <ul class="phases">
        {counts.map(({ phase, count }) => (
          <li key={phase}>
            <span class={`swatch flight-${phase.replaceAll(' ', '-')}`} aria-hidden="true" />
            {phase} {shown.incomplete && 'at least '}
            <b>{count}</b>
          </li>
        ))}
      </ul>
    </div>
  );
}
