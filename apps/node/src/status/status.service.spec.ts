import type { Evidence } from '@ccro/consensus';
import { EvidenceLog } from '@ccro/runner';
import { describe, expect, it } from 'vitest';
import type { NodeOptions } from '../node-options.js';
import type { ReplicaService } from '../replica/replica.service.js';
import { StatusService, type NodeStatus } from './status.service.js';

/** Evidence of which each spelling is counted. */
function countedEvidence(accused: number): { evidence: Evidence; spelled: () => number } {
  let times = 0;
  const slot = { phase: 'prepare', view: 0, sequence: 1 } as const;
  const evidence = { kind: 'collector-failed', accused, ...slot, toJSON: () => ({ nth: ++times }) };
  return { evidence: evidence as unknown as Evidence, spelled: () => times };
}

describe('status of a node', () => {
  it('I31: is fresh for each who asks, and its evidence spelled once while there is no more of it', () => {
    const log = new EvidenceLog();
    let lastExecuted = 0;
    const runner = {
      evidence: log,
      fault: undefined,
      status: () => ({ primary: 0, collector: 2, lastExecuted: (lastExecuted += 1) }),
      counters: () => ({ received: 0, rejects: {}, badVotes: {}, unsent: 0 }),
      waiting: () => undefined,
      stateDigest: () => 'ab',
      tally: () => undefined,
    };
    const options = {
      facts: { mode: 'ccro', members: [0, 1, 2, 3], settings: [] },
      self: 1,
      broker: { connected: true, traffic: () => ({ total: {} }) },
      storage: { durability: 'memory' },
    } as unknown as NodeOptions;
    const replica = {
      runner,
      decisions: {},
      notReady: () => undefined,
    } as unknown as ReplicaService;
    const service = new StatusService(options, replica);
    const read = (): NodeStatus => JSON.parse(service.text()) as NodeStatus;

    const first = countedEvidence(3);
    log.add(first.evidence);
    for (let call = 1; call <= 100; call += 1) {
      expect(read()).toMatchObject({ id: 1, lastExecuted: call, role: 'replica' });
    }
    expect(first.spelled()).toBe(1);
    const second = countedEvidence(0);
    log.add(second.evidence);
    expect(read().evidence.map(({ accused }) => accused)).toEqual([3, 0]);
    expect(read().evidence).toHaveLength(2);
    expect(second.spelled()).toBe(1);
  });
});
