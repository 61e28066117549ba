import type { JSX } from 'preact';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import type { ShownSlot } from '../state/dashboard-state.js';
import type { NodeView } from '../state/derive.js';
import { PHASE_MS, SLOT_MS } from '../state/phases.js';
import { flightsOf, phaseCounts, type Flight } from './flights.js';
import { CLIENT_PLACE, SIZE } from './layout.js';
import { NodeMarks } from './node-marks.js';

interface RingProps {
  readonly nodes: readonly NodeView[];
  readonly shown: ShownSlot | undefined;
  readonly selected: number | undefined;
  readonly onSelect: (id: number) => void;
  /** Where the user prefers reduced motion, no messages are drawn. */
  readonly motion: boolean;
}

/** The nodes in a ring, and the messages of one slot flying between them. */
export function Ring({ nodes, shown, selected, onSelect, motion }: RingProps): JSX.Element {
  const n = nodes.length;
  const startedAtMs = shown?.startedAtMs ?? 0;
  // Old messages are not drawn again when the page opens or motion is turned on.
  const isOver = useMemo(() => performance.now() - startedAtMs > SLOT_MS, [startedAtMs, motion]);
  const isSeen = shown === undefined || !motion || isOver;
  const flights = useMemo(() => (isSeen ? [] : flightsOf(shown, n)), [shown, n, isSeen]);
  return (
    <svg class="ring" viewBox={`0 0 ${SIZE} ${SIZE}`} role="group" aria-label="Nodes">
      <text class="ring-client" x={CLIENT_PLACE.x} y={CLIENT_PLACE.y + 4} text-anchor="middle">
        client
      </text>
      <g aria-hidden="true">
        {shown !== undefined &&
          flights.map((flight) => (
            <FlyingMessage key={flight.key} flight={flight} slotStartedAtMs={shown.startedAtMs} />
          ))}
      </g>
      <NodeMarks {...{ nodes, selected, onSelect }} />
    </svg>
  );
}

interface FlyingMessageProps {
  readonly flight: Flight;
  readonly slotStartedAtMs: number;
}

/** A dot that flies once, in its phase's turn. The browser animates it: nothing is drawn anew. */
function FlyingMessage({ flight, slotStartedAtMs }: FlyingMessageProps): JSX.Element {
  const dot = useRef<SVGCircleElement>(null);
  useEffect(() => {
    const { from, to, startsMs } = flight;
    const late = performance.now() - slotStartedAtMs;
    const animation = dot.current?.animate(
      [
        { transform: `translate(${from.x}px, ${from.y}px)`, opacity: 1 },
        { transform: `translate(${to.x}px, ${to.y}px)`, opacity: 1 },
      ],
      { duration: PHASE_MS, delay: Math.max(startsMs - late, 0), easing: 'ease-in-out' },
    );
    return () => animation?.cancel();
  }, [flight.key]);
  const kind = flight.lie ? 'lie' : flight.phase.replaceAll(' ', '-');
  return <circle ref={dot} r={flight.lie ? 6 : 4} opacity="0" class={`flight flight-${kind}`} />;
}

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
