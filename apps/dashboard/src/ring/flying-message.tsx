import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { PHASE_MS } from '../state/phases.js';
import type { Flight } from './flights.js';

interface FlyingMessageProps {
  readonly flight: Flight;
  readonly slotStartedAtMs: number;
}

/** A dot that flies once, in its phase's turn. The browser animates it: nothing is drawn anew. */
export function FlyingMessage({ flight, slotStartedAtMs }: FlyingMessageProps): JSX.Element {
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
  const kind = flight.phase.replaceAll(' ', '-');
  return <circle ref={dot} r={flight.lie ? 6 : 4} opacity="0" class={classOf(flight.lie, kind)} />;
}

function classOf(lie: boolean, kind: string): string {
  return lie ? 'flight flight-lie' : `flight flight-${kind}`;
}
