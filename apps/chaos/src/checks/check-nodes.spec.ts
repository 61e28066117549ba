import { describe, expect, it } from 'vitest';
import type { NodeStatus } from '../http/status.js';
import { aLedger, append } from './call.testkit.js';
import { checkLevel, checkNodeLedgers, checkReadBack } from './check-nodes.js';

function status(id: number, overrides: Partial<NodeStatus> = {}): NodeStatus {
  return {
    id,
    view: 1,
    primary: 1,
    collector: 3,
    lastExecuted: 10,
    lowWatermark: 0,
    highWatermark: 64,
    ledgerHead: 'head',
    stateAt: 10,
    stateDigest: 'state',
    fault: null,
    brokerConnected: true,
    ...overrides,
  };
}

describe('nodes that are level', () => {
  it('pass, in whatever view they are', () => {
    const statuses = [status(0), status(1, { view: 2 }), status(2), status(3)];
    expect(checkLevel(statuses).findings).toEqual([]);
  });

  it.each([{ lastExecuted: 9 }, { ledgerHead: 'other' }, { stateDigest: 'other' }, { stateAt: 9 }])(
    'are found out when one differs in %j',
    (difference) => {
      const statuses = [status(0), status(1), status(2, difference), status(3)];
      const [field] = Object.keys(difference);
      expect(checkLevel(statuses).findings).toEqual([
        expect.stringMatching(new RegExp(`^${field} differs: .*node 2`)),
      ]);
    },
  );

  it('must answer', () => {
    const statuses = [status(0), undefined, status(2), status(3)];
    expect(checkLevel(statuses).findings).toEqual(['node 1 does not answer']);
  });
});

describe("the nodes' own ledgers", () => {
  const ledger = aLedger([[1, append('a')]], [[2, append('b')]]);
  const whole = new Map([
    [1, 'digest 1'],
    [2, 'digest 2'],
  ]);

  it('may lack a beginning', () => {
    expect(checkNodeLedgers(ledger, [whole, new Map([[2, 'digest 2']])]).findings).toEqual([]);
  });

  it('must not say anything else, or nothing', () => {
    const other = new Map([[2, 'another']]);
    expect(checkNodeLedgers(ledger, [whole, other, new Map()]).findings).toEqual([
      'slot 2: node 1 stored another, the gateway showed digest 2',
      'node 2 shows no decision at all',
    ]);
  });
});

describe('slots that few nodes hold', () => {
  it('must be shown', () => {
    expect(checkReadBack({ asked: 3, unreadable: [] }).findings).toEqual([]);
    const unreadable = [{ sequence: 7, holders: [0, 3], answer: '404 nothing' }];
    expect(checkReadBack({ asked: 3, unreadable }).findings).toEqual([
      'slot 7 is held by node 0, node 3, but GET /ledger/7 answered: 404 nothing',
    ]);
  });
});
