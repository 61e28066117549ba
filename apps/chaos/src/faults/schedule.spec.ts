import { FAULT_KINDS } from '@ccro/faults';
import { describe, expect, it } from 'vitest';
import type { Fault, NodeFault, Planned } from './planned-fault.js';
import { gatewayFaults, misbehaviours, nodeFaults, redisFaults } from './schedule.js';

function first<F extends Fault>(count: number, plan: Generator<Planned<F>>): Planned<F>[] {
  const planned: Planned<F>[] = [];
  for (const each of plan) {
    planned.push(each);
    if (planned.length === count) break;
  }
  return planned;
}

const faultsOf = (planned: readonly Planned<NodeFault>[]): NodeFault[] =>
  planned.map(({ fault }) => fault);

describe('a plan', () => {
  it('follows from the seed', () => {
    const plan = (seed: string): unknown[] => [
      first(40, nodeFaults(seed, 0, 'ccro')),
      first(10, redisFaults(seed)),
      first(10, gatewayFaults(seed)),
    ];
    expect(plan('s')).toEqual(plan('s'));
    expect(plan('s')).not.toEqual(plan('t'));
  });

  it('is another one in each lane', () => {
    const [one, other] = [0, 1].map((lane) => first(20, nodeFaults('s', lane, 'ccro')));
    expect(one).not.toEqual(other);
  });

  it.each(['1', '2', '3'])(
    'hits the two that matter often, and everything else (seed %s)',
    (seed) => {
      const faults = faultsOf(first(9, nodeFaults(seed, 0, 'ccro')));
      const kills = (role: string): number =>
        faults.filter(({ kind, victim }) => kind === 'kill' && victim.role === role).length;
      expect(kills('commander')).toBe(2);
      expect(kills('communication')).toBe(2);
      expect(faults.map(({ kind }) => kind).sort()).toEqual([
        ...['freeze', 'freeze', 'kill', 'kill', 'kill', 'kill'],
        ...['misbehave', 'misbehave', 'replace'],
      ]);
    },
  );

  it('comes to every way to misbehave, where it does its worst', () => {
    const faults = faultsOf(first(9 * misbehaviours('ccro').length, nodeFaults('s', 0, 'ccro')));
    const stages = new Map(
      faults.flatMap((fault) =>
        fault.kind === 'misbehave' ? [[fault.behaviour as string, fault.victim.role]] : [],
      ),
    );
    expect(new Set(stages.keys())).toEqual(
      new Set(FAULT_KINDS.filter((kind) => kind !== 'offline')),
    );
    expect(stages.get('equivocate')).toBe('commander');
    expect(stages.get('silent-collector')).toBe('communication');
  });

  it('has no communication node in PBFT', () => {
    const faults = faultsOf(first(90, nodeFaults('s', 0, 'pbft')));
    expect(faults.filter(({ victim }) => victim.role === 'communication')).toEqual([]);
    expect(misbehaviours('pbft')).not.toContain('forge-certificate');
  });

  it('has long freezes as well as short ones', () => {
    const times = faultsOf(first(40, nodeFaults('s', 0, 'ccro'))).flatMap((fault) =>
      fault.kind === 'freeze' ? [fault.forMs] : [],
    );
    expect(Math.min(...times)).toBeLessThan(3_500);
    expect(Math.max(...times)).toBeGreaterThan(7_000);
  });

  it('stops Redis both ways', () => {
    const kinds = first(4, redisFaults('s')).map(({ fault }) => fault.kind);
    expect(new Set(kinds)).toEqual(new Set(['redis-kill', 'redis-restart']));
  });
});
