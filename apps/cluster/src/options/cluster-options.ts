/** The options of `npm start` and `npm run demo`, checked once. */

import { OptionError } from '@ccro/program';
import { RedisUrl, redisUrlProblem } from '@ccro/redis';
import {
  DEFAULT_REDIS_URL,
  GATEWAY_CLIENT,
  NAME_PATTERN,
  SIGNATURE_CHOICES,
  type ApiKey,
  type SignatureChoice,
  type StorageSettings,
} from '@ccro/cluster-config';
import { maxFaulty, type ReplicaId } from '@ccro/consensus';
import { chooseFaulty, FAULT_KINDS, type FaultKind } from '@ccro/faults';
import { CODEC_NAMES, type CodecName, DEFAULT_CODEC } from '@ccro/wire';

/** What a cluster to be started looks like. */
export interface ClusterOptions {
  readonly mode: 'pbft' | 'ccro';
  readonly nodes: number;
  readonly faulty: readonly ReplicaId[];
  readonly fault: FaultKind;
  readonly seed: number;
  readonly broker: 'embedded' | 'redis';
  readonly redisUrl: string;
  /** Certificates that vouch for Redis; see `loadRedisCa`. */
  readonly redisCaFile?: string | undefined;
  readonly processes: boolean;
  readonly storage: StorageSettings;
  readonly gatewayPort: number;
  readonly nodePort: number;
  readonly faultInjection: boolean;
  readonly requestTimeoutMs: number;
  /** How votes are signed. */
  readonly signature: SignatureChoice;
  /** How messages are spelt. */
  readonly codec: CodecName;
  /** Module of a state machine that all nodes run. */
  readonly stateMachine?: string;
  /** Clients besides the gateway. */
  readonly clients?: readonly string[];
  readonly once: string | undefined;
  /** Keys that callers of the gateway need; undefined: none. */
  readonly apiKeys?: readonly ApiKey[] | undefined;
}

/** What commander hands over: texts and booleans as typed. */
export interface RawOptions {
  readonly mode: string;
  readonly nodes?: string;
  readonly byzantine?: string;
  readonly fault: string;
  readonly faultyNodes?: string;
  readonly seed?: string;
  readonly broker?: string;
  readonly redisUrl?: string;
  readonly processes?: boolean;
  readonly gatewayPort: string;
  readonly nodePort: string;
  readonly unsafe?: boolean;
  readonly faultInjection?: boolean;
  readonly requestTimeout: string;
  readonly dataDir?: string;
  readonly durability?: string;
  readonly signature: string;
  readonly codec?: string | undefined;
  readonly stateMachine?: string;
  readonly client?: readonly string[];
  readonly once?: string;
  readonly apiKeys?: string;
}

const MAX_NODES = 1024;

/**
 * Checks and completes the options.
 *
 * @param redisUrlFromEnvironment REDIS_URL, which makes `redis` the default broker
 * @throws OptionError naming the option and what is allowed
 */
export function checkOptions(
  raw: RawOptions,
  redisUrlFromEnvironment: string | undefined,
): ClusterOptions {
  requirePaths(raw);
  const mode = oneOf('mode', raw.mode, ['ccro', 'pbft'] as const);
  const fault = oneOf('fault', raw.fault, FAULT_KINDS);
  const seed =
    raw.seed === undefined ? randomSeed() : integerOption('seed', raw.seed, 0, 2 ** 32 - 1);
  const { nodes, count } = sizes(raw);
  const faulty =
    raw.faultyNodes === undefined
      ? chooseFaulty({ n: nodes, count, kind: fault, seed })
      : listOfNodes(raw.faultyNodes, nodes);
  checkTolerated(faulty.length, nodes, raw.unsafe ?? false);
  const defaultBroker = redisUrlFromEnvironment === undefined ? 'embedded' : 'redis';
  const broker = oneOf('broker', raw.broker ?? defaultBroker, ['embedded', 'redis'] as const);
  const processes = raw.processes ?? false;
  if (processes && broker === 'embedded') {
    throw new OptionError('processes', undefined, 'separate processes need --broker redis');
  }
  return {
    mode,
    nodes,
    faulty,
    fault,
    seed,
    broker,
    redisUrl: redisUrl(raw.redisUrl ?? redisUrlFromEnvironment ?? DEFAULT_REDIS_URL),
    processes,
    storage: storageSettings(raw),
    gatewayPort: integerOption('gateway-port', raw.gatewayPort, 0, 65_535),
    nodePort: nodePorts(raw.nodePort, nodes),
    faultInjection: raw.faultInjection ?? false,
    requestTimeoutMs: integerOption('request-timeout', raw.requestTimeout, 1, 600_000),
    signature: oneOf('signature', raw.signature, SIGNATURE_CHOICES),
    codec: oneOf('codec', raw.codec ?? DEFAULT_CODEC, CODEC_NAMES),
    ...(raw.stateMachine === undefined ? {} : { stateMachine: raw.stateMachine }),
    ...(raw.client === undefined ? {} : { clients: clientsOf(raw.client) }),
    once: raw.once,
  };
}

/** An empty path is what a variable of the shell that is not set leaves, and would count as none. */
function requirePaths({ apiKeys, dataDir, once, stateMachine }: RawOptions): void {
  const paths = { 'api-keys': apiKeys, 'data-dir': dataDir, once, 'state-machine': stateMachine };
  for (const [option, path] of Object.entries(paths)) {
    if (path !== '') continue;
    const what = option === 'data-dir' ? 'a directory' : 'a file';
    throw new OptionError(option, "''", `it is empty; name ${what}, or leave the option out`);
  }
}

function clientsOf(ids: readonly string[]): readonly string[] {
  for (const id of ids) {
    if (NAME_PATTERN.test(id) && id !== GATEWAY_CLIENT) continue;
    throw new OptionError('client', id, `1 to 64 letters, digits, - and _; not ${GATEWAY_CLIENT}`);
  }
  return [...new Set(ids)];
}

function storageSettings({ dataDir, durability }: RawOptions): StorageSettings {
  if (dataDir === undefined) {
    if (durability === undefined) return { durability: 'memory' };
    throw new OptionError('durability', durability, 'it needs --data-dir');
  }
  const kind = oneOf('durability', durability ?? 'fsync', ['fsync', 'async'] as const);
  return { durability: kind, dataDirectory: dataDir };
}

function sizes(raw: RawOptions): { nodes: number; count: number } {
  const listed = raw.faultyNodes?.split(',').length;
  const count =
    raw.byzantine === undefined
      ? (listed ?? 0)
      : integerOption('byzantine', raw.byzantine, 0, maxFaulty(MAX_NODES));
  if (listed !== undefined && listed !== count) {
    throw new OptionError('faulty-nodes', raw.faultyNodes, `--byzantine says ${count} nodes`);
  }
  const byCount = raw.byzantine === undefined ? 4 : Math.max(3 * count + 1, 4);
  const nodes = raw.nodes === undefined ? byCount : integerOption('nodes', raw.nodes, 1, MAX_NODES);
  if (count > nodes) {
    throw new OptionError('byzantine', raw.byzantine, `there are only ${nodes} nodes`);
  }
  return { nodes, count };
}

function checkTolerated(faulty: number, nodes: number, unsafe: boolean): void {
  const f = maxFaulty(nodes);
  if (faulty <= f || unsafe) return;
  throw new OptionError(
    'byzantine',
    String(faulty),
    `${nodes} nodes tolerate at most ${f} faulty ones; more nodes, or --unsafe to see it break`,
  );
}

function listOfNodes(text: string, nodes: number): ReplicaId[] {
  const ids = text.split(',').map((id) => integerOption('faulty-nodes', id.trim(), 0, nodes - 1));
  if (new Set(ids).size !== ids.length) {
    throw new OptionError('faulty-nodes', text, 'each node once');
  }
  return ids.sort((a, b) => a - b);
}

function nodePorts(text: string, nodes: number): number {
  const first = integerOption('node-port', text, 0, 65_535);
  if (first === 0 || first + nodes - 1 <= 65_535) return first;
  throw new OptionError('node-port', text, `${nodes} ports from there end above 65535`);
}

/** Nothing of a URL is shown that cannot be used: it may hold a password. */
function redisUrl(text: string): string {
  const problem = redisUrlProblem(text);
  if (problem === undefined) return new RedisUrl(text).href;
  throw new OptionError('redis-url', undefined, `it ${problem}`);
}

function oneOf<const T extends string>(option: string, value: string, allowed: readonly T[]): T {
  const found = allowed.find((each) => each === value);
  if (found !== undefined) return found;
  throw new OptionError(option, value, `one of ${allowed.join(', ')}`);
}

/** @throws OptionError unless `text` is a whole number within the bounds */
export function integerOption(option: string, text: string, min: number, max: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= min && value <= max) return value;
  throw new OptionError(option, text, `an integer from ${min} to ${max}`);
}

function randomSeed(): number {
  return Math.floor(Math.random() * 2 ** 31);
}
