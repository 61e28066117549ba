import { expect, it } from 'vitest';
import { anIncident } from '../checks/call.testkit.js';
import { CHAOS_FAULTS } from '../faults/planned-fault.js';
import { faultRows } from './chaos-report.js';

it('counts every kind of fault, and how often it showed', () => {
  const clock = { kind: 'clock-step', offByMs: 60_000, forMs: 1, pick: 0 } as const;
  const on = (target: string, showed: string | undefined) => ({
    ...anIncident(clock, undefined, [0, 1]),
    target,
    showed,
  });
  const incidents = [on('node 1', 'a'), on('node 2', 'b'), on('gateway 0', undefined)];
  const { head, rows } = faultRows(incidents, (note) => `<${note}>`);
  expect(head).toEqual(['fault', 'struck', 'nodes', 'gateways', 'showed', 'how, the last time']);
  expect(rows.map(([kind]) => kind)).toEqual(CHAOS_FAULTS);
  const [first, ...rest] = rows.filter(([, struck]) => struck !== '0');
  expect(first).toEqual(['clock-step', '3', '2', '1', '2', '<b>']);
  expect(rest).toEqual([]);
});
