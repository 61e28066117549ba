import { FAULT_KINDS } from '@ccro/faults';
import { describe, expect, it } from 'vitest';
import { CHAOS_FAULTS, type Fault, type NodeFault, type Planned } from './planned-fault.js';
import {
  gatewayFaults,
  misbehaviours,
  nodeFaults,
  redisFaults,
  type PlanOptions,
} from './schedule.js';

function first<F extends Fault>(count: number, plan: Iterable<Planned<F>>): Planned<F>[] {
  const planned: Planned<F>[] = [];
  for (const each of plan) {
    planned.push(each);
    if (planned.length === count) break;
  }
  return planned;
}

const faultsOf = (planned: readonly Planned<NodeFault>[]): NodeFault[] =>
  planned.map(({ fault }) => fault);

const CCRO: PlanOptions = { mode: 'ccro', kinds: new Set(CHAOS_FAULTS) };
/** What can be done to nodes and gateways alike. */
const PROGRAM_FAULTS = [
  ...['clock-step', 'clock-restart', 'log-closed', 'silent-redis', 'idle-connections'],
];
/** So many are dealt before one comes again. */
const NODE_PACK = 14;

describe('a plan', () => {
  it('follows from the seed', () => {
    const plan = (seed: string): unknown[] => [
      first(60, nodeFaults(seed, 0, CCRO)),
      first(10, redisFaults(seed, CCRO)),
      first(10, gatewayFaults(seed, CCRO)),
    ];
    expect(plan('s')).toEqual(plan('s'));
    expect(plan('s')).not.toEqual(plan('t'));
  });

  it('tells how many kinds its lane has not had yet', () => {
    const kinds = new Set(['clock-restart', 'half-open-clients', 'redis-password'] as const);
    const left = (plan: Iterable<Planned<Fault>>): number[] =>
      first(4, plan).map(({ kindsLeft }) => kindsLeft);
    expect(left(gatewayFaults('s', { mode: 'ccro', kinds }))).toEqual([1, 0, 0, 0]);
    expect(left(redisFaults('s', { mode: 'ccro', kinds }))).toEqual([0, 0, 0, 0]);
    expect(first(NODE_PACK, nodeFaults('s', 0, CCRO)).at(-1)).toMatchObject({ kindsLeft: 0 });
    expect(first(NODE_PACK, nodeFaults('s', 0, CCRO))[0]).toMatchObject({ kindsLeft: 8 });
  });

  it('is another one in each lane', () => {
    const [one, other] = [0, 1].map((lane) => first(20, nodeFaults('s', lane, CCRO)));
    expect(one).not.toEqual(other);
  });

  it.each(['1', '2', '3'])(
    'hits the two that matter often, and everything else (seed %s)',
    (seed) => {
      const faults = faultsOf(first(NODE_PACK, nodeFaults(seed, 0, CCRO)));
      const kills = (role: string): number =>
        faults.filter(({ kind, victim }) => kind === 'kill' && victim.role === role).length;
      expect(kills('primary')).toBe(2);
      expect(kills('collector')).toBe(2);
      expect(faults.map(({ kind }) => kind).sort()).toEqual(
        [
          ...['freeze', 'freeze', 'kill', 'kill', 'kill', 'kill'],
          ...['misbehave', 'misbehave', 'replace', ...PROGRAM_FAULTS],
        ].sort(),
      );
    },
  );

  it('comes to every way to misbehave, where it does its worst', () => {
    const faults = faultsOf(
      first(NODE_PACK * misbehaviours('ccro').length, nodeFaults('s', 0, CCRO)),
    );
    const stages = new Map(
      faults.flatMap((fault) =>
        fault.kind === 'misbehave' ? [[fault.behaviour as string, fault.victim.role]] : [],
      ),
    );
    expect(new Set(stages.keys())).toEqual(
      new Set(FAULT_KINDS.filter((kind) => kind !== 'offline')),
    );
    expect(stages.get('equivocate')).toBe('primary');
    expect(stages.get('silent-collector')).toBe('collector');
  });

  it('has no collector in PBFT', () => {
    const faults = faultsOf(first(NODE_PACK * 10, nodeFaults('s', 0, { ...CCRO, mode: 'pbft' })));
    expect(faults.filter(({ victim }) => victim.role === 'collector')).toEqual([]);
    expect(misbehaviours('pbft')).not.toContain('forge-certificate');
  });

  it('has long freezes as well as short ones', () => {
    const times = faultsOf(first(60, nodeFaults('s', 0, CCRO))).flatMap((fault) =>
      fault.kind === 'freeze' ? [fault.forMs] : [],
    );
    expect(Math.min(...times)).toBeLessThan(3_500);
    expect(Math.max(...times)).toBeGreaterThan(7_000);
  });

  it('does to Redis and to gateways whatever can be done to them, each in turn', () => {
    const redis = first(5, redisFaults('s', CCRO)).map(({ fault }) => fault.kind);
    const gateways = first(8, gatewayFaults('s', CCRO)).map(({ fault }) => fault.kind);
    expect(redis.sort()).toEqual([
      'redis-kill',
      'redis-password',
      'redis-replica',
      'redis-restart',
      'redis-rights',
    ]);
    expect(gateways.sort()).toEqual(
      ['gateway-kill', 'gateway-kill', 'half-open-clients', ...PROGRAM_FAULTS].sort(),
    );
  });

  it('sets clocks ahead and back, by little and by much, and changes the password either way', () => {
    const offsets = first(200, gatewayFaults('s', CCRO)).flatMap(({ fault }) =>
      fault.kind === 'clock-step' || fault.kind === 'clock-restart' ? [fault.offByMs] : [],
    );
    expect(new Set(offsets)).toEqual(new Set([-86_400_000, -60_000, 60_000, 86_400_000]));
    const means = first(60, redisFaults('s', CCRO)).flatMap(({ fault }) =>
      fault.kind === 'redis-password' ? [fault.means] : [],
    );
    expect(new Set(means)).toEqual(new Set(['CONFIG SET requirepass', 'ACL SETUSER']));
  });

  it('has what it was narrowed to alone, and nothing where that does not occur', () => {
    const only = { ...CCRO, kinds: new Set(['redis-replica', 'clock-step'] as const) };
    const kinds = [...first(9, nodeFaults('s', 0, only)), ...first(9, redisFaults('s', only))];
    expect(new Set(kinds.map(({ fault }) => fault.kind))).toEqual(only.kinds);
    expect(first(1, nodeFaults('s', 0, { ...CCRO, kinds: new Set() }))).toEqual([]);
  });

  it('draws every kind that a report lists', () => {
    const planned: readonly Planned<Fault>[] = [
      ...first(NODE_PACK, nodeFaults('s', 0, CCRO)),
      ...first(5, redisFaults('s', CCRO)),
      ...first(8, gatewayFaults('s', CCRO)),
    ];
    expect(new Set(planned.map(({ fault }) => fault.kind))).toEqual(new Set(CHAOS_FAULTS));
  });
});
