/**
 * Which faults a run plans, from its seed alone. They come in lanes: one for each node that may be
 * faulty at a time, one for Redis, one for the gateways. Within a lane each fault waits for the one
 * before to be over, so that never more than f nodes are affected, however long they take to
 * recover; faults of different lanes may overlap.
 */

import type { ClusterMode } from '@ccro/cluster-config';
import { FAULT_KINDS, FAULTS } from '@ccro/faults';
import { Random } from '@ccro/simulator';
import type {
  Fault,
  GatewayFault,
  Misbehaviour,
  NodeFault,
  Planned,
  ProgramFault,
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
/** Something around a program is wrong for this long. */
const TROUBLE: Range = [1_000, 4_000];

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
const CLOCK_OFFSETS = [DAY_MS, -DAY_MS, MINUTE_MS, -MINUTE_MS] as const;
const PASSWORD_MEANS = ['CONFIG SET requirepass', 'ACL SETUSER'] as const;
const HALF_OPEN_CLIENTS: Range = [8, 24];

/** What a plan is made of besides its seed. */
export interface PlanOptions {
  readonly mode: ClusterMode;
  /** The kinds that may be drawn. */
  readonly kinds: ReadonlySet<Fault['kind']>;
}

/** Where a way to misbehave does its worst. */
function stageOf(kind: Misbehaviour): Victim['role'] {
  const fault = FAULTS[kind];
  if (kind === 'delay') return 'primary';
  if (!('role' in fault)) return 'any';
  return fault.role === 'primary' ? 'primary' : 'collector';
}

/** Misbehaviours that the modes know; PBFT has no collector. */
export function misbehaviours(mode: ClusterMode): readonly Misbehaviour[] {
  const all = FAULT_KINDS.filter((kind) => kind !== 'offline');
  return mode === 'ccro' ? all : all.filter((kind) => stageOf(kind) !== 'collector');
}

/** Makes one fault; what is random about it comes from the given source. */
interface Card<F> {
  readonly kind: Fault['kind'];
  readonly deal: (random: Random) => F;
}

/** @param draw what the fault is besides its kind */
function card<K extends Fault['kind'], R>(
  kind: K,
  draw: (random: Random) => R,
): Card<{ readonly kind: K } & R> {
  return { kind, deal: (random) => ({ kind, ...draw(random) }) };
}

/** The faults of node lane `lane`. */
export function nodeFaults(
  seed: string,
  lane: number,
  options: PlanOptions,
): Generator<Planned<NodeFault>> {
  const pack = (round: number): Card<NodeFault>[] => nodePack(options.mode, round);
  return dealt(new Random(`${seed}/nodes-${lane}`), NODE_GAP, pack, options);
}

export function redisFaults(seed: string, options: PlanOptions): Generator<Planned<RedisFault>> {
  return dealt(new Random(`${seed}/redis`), REDIS_GAP, () => REDIS_PACK, options);
}

export function gatewayFaults(
  seed: string,
  options: PlanOptions,
): Generator<Planned<GatewayFault>> {
  return dealt(new Random(`${seed}/gateways`), GATEWAY_GAP, () => GATEWAY_PACK, options);
}

/**
 * Faults without end, unless none may be drawn. They are dealt from a shuffled pack, so that a short
 * run sees few of them twice and a long one all of them.
 */
function* dealt<F extends Fault>(
  random: Random,
  gap: Range,
  pack: (round: number) => readonly Card<F>[],
  { kinds }: PlanOptions,
): Generator<Planned<F>> {
  const dealable = pack(0).map(({ kind }) => kind);
  const left = new Set(dealable.filter((kind) => kinds.has(kind)));
  for (let round = 0; ; round += 1) {
    const cards = pack(round).filter(({ kind }) => kinds.has(kind));
    if (cards.length === 0) return;
    for (const { kind, deal } of random.shuffled(cards)) {
      left.delete(kind);
      yield { afterMs: within(random, gap), fault: deal(random), kindsLeft: left.size };
    }
  }
}

/** Kills of the two that matter are most frequent. Each round adds two misbehaviours, in turn. */
function nodePack(mode: ClusterMode, round: number): Card<NodeFault>[] {
  const kinds = misbehaviours(mode);
  const inTurn = [2 * round, 2 * round + 1].flatMap((index) => kinds[index % kinds.length] ?? []);
  const second: Victim['role'] = mode === 'ccro' ? 'collector' : 'any';
  return [
    killing('primary'),
    killing('primary'),
    killing(second),
    killing(second),
    freezing('primary', SHORT_FREEZE),
    freezing('any', round % 2 === 0 ? LONG_FREEZE : SHORT_FREEZE),
    card('replace', (random) => ({
      victim: victim('any', random),
      damageSeed: String(random.next()),
    })),
    ...inTurn.map((behaviour) => misbehaving(behaviour)),
    ...programPack((random) => ({ victim: victim('any', random) })),
  ];
}

function killing(role: Victim['role']): Card<NodeFault> {
  return card('kill', (random) => ({
    victim: victim(role, random),
    downMs: within(random, DOWN),
  }));
}

function freezing(role: Victim['role'], range: Range): Card<NodeFault> {
  return card('freeze', (random) => ({
    victim: victim(role, random),
    forMs: within(random, range),
  }));
}

function misbehaving(behaviour: Misbehaviour): Card<NodeFault> {
  return card('misbehave', (random) => ({
    victim: victim(stageOf(behaviour), random),
    behaviour,
    forMs: within(random, MISBEHAVIOUR),
  }));
}

const REDIS_PACK: readonly Card<RedisFault>[] = [
  card('redis-kill', (random) => ({ downMs: within(random, DOWN) })),
  card('redis-restart', (random) => ({ downMs: within(random, DOWN) })),
  card('redis-replica', (random) => ({ forMs: within(random, TROUBLE) })),
  card('redis-password', (random) => ({
    means: random.pick(PASSWORD_MEANS),
    forMs: within(random, TROUBLE),
  })),
  card('redis-rights', (random) => ({ forMs: within(random, TROUBLE) })),
];

const PROGRAM_PACK: readonly Card<ProgramFault>[] = [
  card('clock-step', wrongClock),
  card('clock-restart', wrongClock),
  card('log-closed', (random) => ({ forMs: within(random, TROUBLE) })),
  card('silent-redis', () => ({})),
  card('idle-connections', (random) => ({ forMs: within(random, TROUBLE) })),
];

function wrongClock(random: Random): { readonly offByMs: number; readonly forMs: number } {
  return { offByMs: random.pick(CLOCK_OFFSETS), forMs: within(random, TROUBLE) };
}

/** What can be done to any program, each once. @param whom draws whom it is done to */
function programPack<W>(whom: (random: Random) => W): Card<ProgramFault & W>[] {
  return PROGRAM_PACK.map(({ kind, deal }) => ({
    kind,
    deal: (random) => ({ ...deal(random), ...whom(random) }),
  }));
}

const GATEWAY_KILL = card('gateway-kill', (random) => ({
  pick: random.next(),
  downMs: within(random, DOWN),
}));

const GATEWAY_PACK: readonly Card<GatewayFault>[] = [
  GATEWAY_KILL,
  GATEWAY_KILL,
  card('half-open-clients', (random) => ({
    pick: random.next(),
    clients: within(random, HALF_OPEN_CLIENTS),
    forMs: within(random, TROUBLE),
  })),
  ...programPack((random) => ({ pick: random.next() })),
];

function victim(role: Victim['role'], random: Random): Victim {
  return role === 'any' ? { role, pick: random.next() } : { role };
}

function within(random: Random, [low, high]: Range): number {
  return Math.round(random.between(low, high));
}
