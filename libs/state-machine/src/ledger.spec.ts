import { describe, expect, it } from 'vitest';
import { createStateMachine } from './applications.js';
import { contentOf } from './content.testkit.js';
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

  it('is one chunk of head and count, empty in the beginning', () => {
    const machine = createStateMachine();
    expect(contentOf(machine)).toEqual(new Map());
    append(machine, 'a');
    const { index, hash } = append(machine, 'b');
    const content = contentOf(machine);
    expect(content).toEqual(new Map([['ledger/head', `["${hash}",${index}]`]]));
    const loaded = createStateMachine();
    loaded.load(content);
    expect(append(loaded, 'c')).toEqual(append(machine, 'c'));
    loaded.load(new Map([['ledger/head', '']]));
    expect(append(loaded, 'a')).toEqual(append(createStateMachine(), 'a'));
  });

  const head = 'ab'.repeat(32);
  it.each([
    ['[', 'no JSON'],
    ['null', 'not a digest'],
    [`{"0":"${head}","1":1}`, 'not a digest'],
    [`["${head}"]`, 'not a digest'],
    [`["${head}",0]`, 'not a digest'],
    [`["${head}",-1]`, 'not a digest'],
    [`["${head}",1.5]`, 'not a digest'],
    [`["${head}",9007199254740992]`, 'not a digest'],
    [`["${head}","1"]`, 'not a digest'],
    [`["${head}",1,1]`, 'not a digest'],
    [`["${head}", 1]`, 'not a digest'],
    [`["${head}",1.0]`, 'not a digest'],
    [`["${head.toUpperCase()}",1]`, 'not a digest'],
    [`["${head}a",1]`, 'not a digest'],
  ])('does not load %s', (text, reason) => {
    const machine = createStateMachine();
    const before = append(machine, 'a');
    expect(() => machine.load(new Map([['ledger/head', text]]))).toThrow(reason);
    expect(append(machine, 'a')).toMatchObject({ index: before.index + 1 });
  });
});
