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
  return dealt(new Random(`${seed}/redis`), REDIS_GAP, redisPack, options);
}

export function gatewayFaults(
  seed: string,
  options: PlanOptions,
): Generator<Planned<GatewayFault>> {
  return dealt(new Random(`${seed}/gateways`), GATEWAY_GAP, gatewayPack, options);
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
  for (let round = 0; ; round += 1) {
    const cards = pack(round).filter(({ kind }) => kinds.has(kind));
    if (cards.length === 0) return;
    for (const { deal } of random.shuffled(cards)) {
      yield { afterMs: within(random, gap), fault: deal(random) };
    }
  }
}

/** Kills of the two that matter are most frequent. Each round adds two misbehaviours, in turn. */
function nodePack(mode: ClusterMode, round: number): Card<NodeFault>[] {
  const kinds = misbehaviours(mode);
  const second: Victim['role'] = mode === 'ccro' ? 'collector' : 'any';
  const misbehave = (index: number): Card<NodeFault>[] => {
    const behaviour = kinds[index % kinds.length];
    return behaviour === undefined ? [] : [misbehaving(behaviour)];
  };
  return [
    killing('primary'),
    killing('primary'),
    killing(second),
    killing(second),
    freezing('primary', SHORT_FREEZE),
    freezing('any', round % 2 === 0 ? LONG_FREEZE : SHORT_FREEZE),
    replacing(),
    ...misbehave(2 * round),
    ...misbehave(2 * round + 1),
    ...programPack((random) => ({ victim: victim('any', random) })),
  ];
}

function redisPack(): Card<RedisFault>[] {
  return [
    {
      kind: 'redis-kill',
      deal: (random) => ({ kind: 'redis-kill', downMs: within(random, DOWN) }),
    },
    {
      kind: 'redis-restart',
      deal: (random) => ({ kind: 'redis-restart', downMs: within(random, DOWN) }),
    },
    {
      kind: 'redis-replica',
      deal: (random) => ({ kind: 'redis-replica', forMs: within(random, TROUBLE) }),
    },
    {
      kind: 'redis-password',
      deal: (random) => ({
        kind: 'redis-password',
        means: random.pick(['CONFIG SET requirepass', 'ACL SETUSER']),
        forMs: within(random, TROUBLE),
      }),
    },
    {
      kind: 'redis-rights',
      deal: (random) => ({ kind: 'redis-rights', forMs: within(random, TROUBLE) }),
    },
  ];
}

function gatewayPack(): Card<GatewayFault>[] {
  const picked = (random: Random): { readonly pick: number } => ({ pick: random.next() });
  const kill: Card<GatewayFault> = {
    kind: 'gateway-kill',
    deal: (random) => ({
      kind: 'gateway-kill',
      ...picked(random),
      downMs: within(random, DOWN),
    }),
  };
  return [
    kill,
    kill,
    {
      kind: 'half-open-clients',
      deal: (random) => ({
        kind: 'half-open-clients',
        ...picked(random),
        clients: within(random, HALF_OPEN_CLIENTS),
        forMs: within(random, TROUBLE),
      }),
    },
    ...programPack(picked),
  ];
}

/** As plans of node and gateway faults say it. */
type Whom = Pick<NodeFault, 'victim'> | Pick<GatewayFault, 'pick'>;

/** What can be done to any program, each once. @param whom draws whom it is done to */
function programPack<W extends Whom>(whom: (random: Random) => W): Card<ProgramFault & W>[] {
  const card = (
    kind: ProgramFault['kind'],
    make: (random: Random) => ProgramFault,
  ): Card<ProgramFault & W> => ({ kind, deal: (random) => ({ ...make(random), ...whom(random) }) });
  const clock = (kind: 'clock-step' | 'clock-restart'): Card<ProgramFault & W> =>
    card(kind, (random) => ({
      kind,
      offByMs: random.pick(CLOCK_OFFSETS),
      forMs: within(random, TROUBLE),
    }));
  return [
    clock('clock-step'),
    clock('clock-restart'),
    card('log-closed', (random) => ({ kind: 'log-closed', forMs: within(random, TROUBLE) })),
    card('silent-redis', () => ({ kind: 'silent-redis' })),
    card('idle-connections', (random) => ({
      kind: 'idle-connections',
      forMs: within(random, TROUBLE),
    })),
  ];
}

function killing(role: Victim['role']): Card<NodeFault> {
  return {
    kind: 'kill',
    deal: (random) => ({
      kind: 'kill',
      victim: victim(role, random),
      downMs: within(random, DOWN),
    }),
  };
}

function freezing(role: Victim['role'], range: Range): Card<NodeFault> {
  return {
    kind: 'freeze',
    deal: (random) => ({
      kind: 'freeze',
      victim: victim(role, random),
      forMs: within(random, range),
    }),
  };
}

function misbehaving(behaviour: Misbehaviour): Card<NodeFault> {
  return {
    kind: 'misbehave',
    deal: (random) => ({
      kind: 'misbehave',
      victim: victim(stageOf(behaviour), random),
      behaviour,
      forMs: within(random, MISBEHAVIOUR),
    }),
  };
}

function replacing(): Card<NodeFault> {
  return {
    kind: 'replace',
    deal: (random) => ({
      kind: 'replace',
      victim: victim('any', random),
      damageSeed: String(random.next()),
    }),
  };
}

function victim(role: Victim['role'], random: Random): Victim {
  return role === 'any' ? { role, pick: random.next() } : { role };
}

function within(random: Random, [low, high]: Range): number {
  return Math.round(random.between(low, high));
}
