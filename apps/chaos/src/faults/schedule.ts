/**
 * Which faults a run plans, from its seed alone. They come in lanes: one for each node that may be
 * faulty at a time, one for Redis, one for the gateways. Within a lane each fault waits for the one
 * before to be over, so that never more than f nodes are affected, however long they take to
 * recover; lanes overlap as they please.
 */

import type { ClusterMode } from '@ccro/cluster-config';
import { Random } from '@ccro/simulator';
import type {
  GatewayFault,
  Misbehaviour,
  NodeFault,
  Planned,
  RedisFault,
  Victim,
} from './planned-fault.js';

/** Milliseconds, at least and at most. */
type Range = readonly [number, number];

const NODE_GAP: Range = [400, 2_500];
const REDIS_GAP: Range = [7_000, 16_000];
const GATEWAY_GAP: Range = [5_000, 12_000];
/** A process comes back after this long. */
const DOWN: Range = [100, 2_000];
const SHORT_FREEZE: Range = [800, 3_500];
const LONG_FREEZE: Range = [7_000, 14_000];
const MISBEHAVIOUR: Range = [1_500, 4_000];

/** Where a way to misbehave does its worst. */
const STAGE: Readonly<Record<Misbehaviour, Victim['role']>> = {
  falsify: 'any',
  'false-replies': 'any',
  equivocate: 'commander',
  'split-collectors': 'commander',
  'double-vote': 'any',
  'silent-collector': 'communication',
  'forge-certificate': 'communication',
  fabricate: 'commander',
  'false-view-change': 'any',
  'false-state': 'any',
  delay: 'commander',
};

/** Misbehaviours that the modes know; PBFT has no communication node. */
export function misbehaviours(mode: ClusterMode): readonly Misbehaviour[] {
  const all = Object.keys(STAGE) as Misbehaviour[];
  return mode === 'ccro' ? all : all.filter((kind) => STAGE[kind] !== 'communication');
}

/** Makes one fault; what is random about it comes from the given source. */
type Card = (random: Random) => NodeFault;

/**
 * The faults of node lane `lane`, without end. They are dealt from a shuffled pack, so that a short
 * run sees few of them twice and a long one all of them.
 */
export function* nodeFaults(
  seed: string,
  lane: number,
  mode: ClusterMode,
): Generator<Planned<NodeFault>, never> {
  const random = new Random(`${seed}/nodes-${lane}`);
  for (let round = 0; ; round += 1) {
    for (const card of random.shuffled(pack(mode, round))) {
      yield { afterMs: within(random, NODE_GAP), fault: card(random) };
    }
  }
}

export function* redisFaults(seed: string): Generator<Planned<RedisFault>, never> {
  const random = new Random(`${seed}/redis`);
  const kinds = ['redis-kill', 'redis-restart'] as const;
  for (;;) {
    for (const kind of random.shuffled(kinds)) {
      yield { afterMs: within(random, REDIS_GAP), fault: { kind, downMs: within(random, DOWN) } };
    }
  }
}

export function* gatewayFaults(seed: string): Generator<Planned<GatewayFault>, never> {
  const random = new Random(`${seed}/gateways`);
  for (;;) {
    const afterMs = within(random, GATEWAY_GAP);
    const fault = {
      kind: 'gateway-kill',
      pick: random.next(),
      downMs: within(random, DOWN),
    } as const;
    yield { afterMs, fault };
  }
}

/** Kills of the two that matter are half of it. Each round adds two misbehaviours, in turn. */
function pack(mode: ClusterMode, round: number): Card[] {
  const kinds = misbehaviours(mode);
  const second: Victim['role'] = mode === 'ccro' ? 'communication' : 'any';
  const misbehave = (index: number): Card[] => {
    const behaviour = kinds[index % kinds.length];
    return behaviour === undefined ? [] : [misbehaving(behaviour)];
  };
  return [
    killing('commander'),
    killing('commander'),
    killing(second),
    killing(second),
    freezing('commander', SHORT_FREEZE),
    freezing('any', round % 2 === 0 ? LONG_FREEZE : SHORT_FREEZE),
    replacing(),
    ...misbehave(2 * round),
    ...misbehave(2 * round + 1),
  ];
}

function killing(role: Victim['role']): Card {
  return (random) => ({
    kind: 'kill',
    victim: victim(role, random),
    downMs: within(random, DOWN),
  });
}

function freezing(role: Victim['role'], range: Range): Card {
  return (random) => ({
    kind: 'freeze',
    victim: victim(role, random),
    forMs: within(random, range),
  });
}

function misbehaving(behaviour: Misbehaviour): Card {
  return (random) => ({
    kind: 'misbehave',
    victim: victim(STAGE[behaviour], random),
    behaviour,
    forMs: within(random, MISBEHAVIOUR),
  });
}

function replacing(): Card {
  return (random) => ({
    kind: 'replace',
    victim: victim('any', random),
    damageSeed: String(random.next()),
  });
}

function victim(role: Victim['role'], random: Random): Victim {
  return role === 'any' ? { role, pick: random.next() } : { role };
}

function within(random: Random, [low, high]: Range): number {
  return Math.round(random.between(low, high));
}
