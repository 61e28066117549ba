import type { ShownMessage, ShownSlot } from '../state/dashboard-state.js';
import { PHASE_MS, phaseOf, PHASES, type PhaseName } from '../state/phases.js';
import { CLIENT_PLACE, nodePlace, type Point } from './layout.js';

/** One message on its way from one place to another. */
export interface Flight {
  readonly key: string;
  readonly phase: PhaseName;
  readonly from: Point;
  readonly to: Point;
  /** Says something else than most messages of its slot. */
  readonly lie: boolean;
  /** When it sets out, in milliseconds after the slot's beginning. */
  readonly startsMs: number;
}

/** Flights of one slot at most: more could not be told from each other. */
export const MAX_FLIGHTS = 400;

/**
 * The flights of a slot, phase after phase. A message to all is one flight to each other node,
 * as the broker delivers it.
 */
export function flightsOf({ messages }: ShownSlot, n: number): Flight[] {
  const usual = usualDigest(messages);
  const flights: Flight[] = [];
  for (const message of messages) {
    const phase = phaseOf(message);
    if (phase === undefined) continue;
    const lie = message.digest !== null && usual !== undefined && message.digest !== usual;
    const startsMs = PHASES.indexOf(phase) * PHASE_MS;
    const from = nodePlace(message.from, n);
    for (const id of destinations(message, n)) {
      if (flights.length === MAX_FLIGHTS) return flights;
      const to = id === 'client' ? CLIENT_PLACE : nodePlace(id, n);
      flights.push({ key: `${message.key}-${id}`, phase, from, to, lie, startsMs });
    }
  }
  return flights;
}

/** Messages of each phase by their deliveries, in the phases' order; those of none are left out. */
export function phaseCounts(slot: ShownSlot, n: number): { phase: PhaseName; count: number }[] {
  const counts = new Map<PhaseName, number>();
  for (const message of slot.messages) {
    const phase = phaseOf(message);
    if (phase === undefined) continue;
    counts.set(phase, (counts.get(phase) ?? 0) + destinations(message, n).length);
  }
  return PHASES.flatMap((phase) => {
    const count = counts.get(phase);
    return count === undefined ? [] : [{ phase, count }];
  });
}

/** Where a message goes; what a node tells itself goes nowhere. */
function destinations({ from, to }: ShownMessage, n: number): (number | 'client')[] {
  const ids = to === 'all' ? [...Array(n).keys()] : [to];
  return ids.filter((id) => id !== from);
}

/** The digest that most senders stand for. */
function usualDigest(messages: readonly ShownMessage[]): string | undefined {
  const senders = new Map<string, Set<number>>();
  for (const { digest, from } of messages) {
    if (digest === null) continue;
    const known = senders.get(digest) ?? new Set();
    senders.set(digest, known.add(from));
  }
  return [...senders].sort((a, b) => b[1].size - a[1].size)[0]?.[0];
}
