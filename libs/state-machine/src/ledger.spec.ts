import { describe, expect, it } from 'vitest';
import { createStateMachine } from './applications.js';
import type { AppendResult } from './ledger.js';
import { appendOperation } from './operation.js';

function append(
  machine: ReturnType<typeof createStateMachine>,
  data: string,
  context: { client?: string; timestamp?: number; sequence?: number } = {},
): AppendResult {
  const full = { client: 'gateway', timestamp: 1, sequence: 1, ...context };
  return JSON.parse(machine.execute(appendOperation(data), full)) as AppendResult;
}

describe('Ledger', () => {
  it('numbers entries from 1 and chains them', () => {
    const machine = createStateMachine();
    const first = append(machine, 'a');
    const second = append(machine, 'a');
    expect([first.index, second.index]).toEqual([1, 2]);
    expect(first.hash).toMatch(/^[0-9a-f]{64}$/);
    expect(second.hash).not.toBe(first.hash);
  });

  it('has a head that depends on data, client, timestamp and everything before', () => {
    const heads = [
      append(createStateMachine(), 'a'),
      append(createStateMachine(), 'b'),
      append(createStateMachine(), 'a', { client: 'other' }),
      append(createStateMachine(), 'a', { timestamp: 2 }),
    ].map(({ hash }) => hash);
    const machine = createStateMachine();
    append(machine, 'b');
    heads.push(append(machine, 'a').hash);
    expect(new Set(heads).size).toBe(heads.length);
  });

  it('does not depend on the slot, which a batch may share', () => {
    const one = append(createStateMachine(), 'a', { sequence: 1 });
    const other = append(createStateMachine(), 'a', { sequence: 2 });
    expect(one).toEqual(other);
  });
});
