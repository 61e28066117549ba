import { describe, expect, it } from 'vitest';
import type { ShownMessage, ShownSlot } from '../state/dashboard-state.js';
import { flightsOf, MAX_FLIGHTS, phaseCounts } from './flights.js';
import { CLIENT_PLACE, nodePlace } from './layout.js';

let key = 0;

function message(parts: Partial<ShownMessage>): ShownMessage {
  key += 1;
  const slot = { view: 0, sequence: 1, digest: 'aa', afterMs: 0 };
  return { key, kind: 'vote', phase: 'prepare', from: 0, to: 2, ...slot, ...parts };
}

function slot(...messages: ShownMessage[]): ShownSlot {
  return { sequence: 1, startedAtMs: 0, messages, incomplete: false };
}

describe('flights', () => {
  it('go to each other node, in the order of the phases', () => {
    const flights = flightsOf(
      slot(
        message({ kind: 'reply', phase: null, to: 'client', from: 3 }),
        message({ from: 1, to: 2 }),
        message({ kind: 'pre-prepare', phase: null, to: 'all' }),
      ),
      4,
    );
    const order = [...flights].sort((a, b) => a.startsMs - b.startsMs);
    expect(order.map(({ phase }) => phase)).toEqual([
      ...Array<string>(3).fill('pre-prepare'),
      ...['prepare vote', 'full reply'],
    ]);
    expect(order.slice(0, 3).map(({ to }) => to)).toEqual([1, 2, 3].map((id) => nodePlace(id, 4)));
    expect(order.at(-1)?.to).toEqual(CLIENT_PLACE);
    expect(new Set(flights.map((flight) => flight.key)).size).toBe(5);
  });

  it('mark what says something else than most do', () => {
    const honest = [0, 1].map((from) => message({ from }));
    const flights = flightsOf(slot(message({ from: 3, digest: 'ff' }), ...honest), 4);
    expect(flights.map(({ lie }) => lie)).toEqual([true, false, false]);
  });

  it('are counted as deliveries: PBFT and CCRO differ', () => {
    const pbft = slot(...[0, 1, 2, 3].map((from) => message({ from, to: 'all' })));
    const ccro = slot(...[0, 1, 3].map((from) => message({ from, to: 2 })));
    expect(phaseCounts(pbft, 4)).toEqual([{ phase: 'prepare vote', count: 12 }]);
    expect(phaseCounts(ccro, 4)).toEqual([{ phase: 'prepare vote', count: 3 }]);
  });

  it('are as many as are counted', () => {
    const some = slot(
      ...[message({ from: 1, to: 'all' }), message({ from: 1, to: 1 }), message({ to: 'client' })],
      message({ from: 3, to: 1 }),
    );
    expect(phaseCounts(some, 7)).toEqual([{ phase: 'prepare vote', count: 6 + 0 + 1 + 1 }]);
    expect(flightsOf(some, 7)).toHaveLength(8);
  });

  it('are not more than can be told apart', () => {
    const many = slot(...Array.from({ length: 100 }, (_, from) => message({ from, to: 'all' })));
    expect(flightsOf(many, 100)).toHaveLength(MAX_FLIGHTS);
  });
});
