/**
 * The only place that knows the names of environment variables. `main` passes `process.env` once;
 * only `readCodec` reads it by itself, for keygen, which needs one variable of it.
 */

import { MAX_MEMBERS } from '@ccro/consensus';
import { RedisUrl, redisUrlProblem } from '@ccro/redis';
import { FAULT_KINDS, type FaultKind } from '@ccro/faults';
import type { StoreSettings } from '@ccro/storage';
import { CODEC_NAMES, type CodecName } from '@ccro/wire';
import { join } from 'node:path';
import { z } from 'zod';
import { MAX_REQUESTS_PER_SECOND } from './api-keys.js';
import type { ClusterConfig } from './cluster-config.js';
import { MEMBER_ID_RULE, NAME_PATTERN, NAME_RULE } from './cluster-schema.js';
import { ConfigurationError, notAllowed } from './configuration-error.js';
import { wholeNumber } from './whole-number.js';

/** Variables by name; an empty value counts as not set (as Docker Compose leaves it). */
export type Environment = Readonly<Record<string, string | undefined>>;

export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/**
 * What the records of a replica survive: `fsync` a crash of the machine, `async` the end of the
 * process, `memory` nothing.
 */
export const DURABILITIES = ['fsync', 'async', 'memory'] as const;
export type Durability = (typeof DURABILITIES)[number];

/** Where a node keeps its records; `dataDirectory` is that of all nodes on this machine. */
export type StorageSettings =
  | { readonly durability: 'memory' }
  | { readonly durability: 'fsync' | 'async'; readonly dataDirectory: string };

/** Settings of node and gateway alike. */
interface ServerEnvironment {
  readonly configPath: string;
  /** Instead of that of the cluster file. */
  readonly codec: CodecName | undefined;
  readonly redisUrl: string;
  /** Certificates that vouch for Redis; see `loadRedisCa`. */
  readonly redisCaFile: string | undefined;
  /** Address to listen on. */
  readonly httpHost: string;
  /** Names that callers may know it by, besides those of the loopback address. */
  readonly allowedHosts: readonly string[] | undefined;
  /** Whether faults may be injected while it runs. */
  readonly faultInjection: boolean;
  readonly logLevel: LogLevel;
  /** File with its private key; undefined means beside the cluster file. */
  readonly keyFile: string | undefined;
}

/** Settings of one node. */
export interface NodeEnvironment extends ServerEnvironment {
  /** Undefined: a node of the development cluster takes the lowest free id. */
  readonly nodeId: number | undefined;
  /** Undefined: see `nodeHttpPort`. 0: any free port. */
  readonly httpPort: number | undefined;
  /** Base URL of the gateway, for requests that are handed in at the primary's port. */
  readonly gatewayUrl: string;
  /** Base URLs of the nodes, by id; undefined: see `nodeUrl`. */
  readonly nodeUrls: readonly string[] | undefined;
  readonly storage: StorageSettings;
  /** Module of the state machine that the cluster's users wrote, if it runs one. */
  readonly stateMachinePath: string | undefined;
  /** How the node misbehaves from the start; undefined means not at all. */
  readonly fault: FaultKind | undefined;
}

/** Settings of the gateway. */
export interface GatewayEnvironment extends ServerEnvironment {
  /** 0: any free port. */
  readonly port: number;
  /** The client of the cluster that the gateway is. */
  readonly clientId: string;
  /** Whether experiments and comparisons are allowed. */
  readonly experiments: boolean;
  readonly requestTimeoutMs: number;
  /** How long what is accepted waits at most when too much is asked for, in milliseconds. */
  readonly overloadWaitMs: number;
  /** How long idempotency keys and their answers are kept, in milliseconds; 0: without end. */
  readonly idempotencyRetentionMs: number;
  /** Keys that callers need; undefined: all callers may do everything. */
  readonly apiKeysFile: string | undefined;
  /** Origins whose pages may call the gateway from browsers. */
  readonly corsOrigins: readonly string[];
  /** Requests a second that one address may make without a key; undefined: no limit. */
  readonly rateLimit: number | undefined;
}

export const DEFAULT_REDIS_URL = 'redis://127.0.0.1:6379';
const DEFAULT_NODE_PORT = 8080;
const LAST_PORT = 65_535;

const PORT_RULE = `a port, 0 to ${LAST_PORT} (0: any free one)`;
const TIMEOUT_RULE = 'milliseconds, 1 to 600000';
const OVERLOAD_WAIT_RULE = 'milliseconds, 10 to 600000';
const HOST_RULE = 'an IP address or localhost (0.0.0.0: every interface)';
const RETENTION_RULE = 'days, 1 to 36500 (unset: for ever)';
const MS_PER_DAY = 24 * 60 * 60 * 1000;
const RATE_LIMIT_RULE = `requests a second, 1 to ${MAX_REQUESTS_PER_SECOND} (unset: no limit)`;
const ORIGINS_RULE = 'origins such as https://example.org, separated by commas';
const HOSTS_RULE = 'names or addresses without a port, separated by commas';
const GATEWAY_URL_RULE = 'the base URL of a gateway, such as http://127.0.0.1:3000';
const NODE_URLS_RULE =
  'base URLs such as http://127.0.0.1:8080, in the order of the ids, separated by commas';

function oneOf<const T extends readonly [string, ...string[]]>(values: T): z.ZodType<T[number]> {
  return z.enum(values, values.join(', '));
}

function integer(min: number, max: number, rule: string): z.ZodType<number> {
  return z
    .string()
    .transform((text) => wholeNumber(text) ?? NaN)
    .refine((value) => value >= min && value <= max, rule);
}

/** Values separated by commas, each of which `allows` must take. */
function list(allows: (value: string) => boolean, rule: string): z.ZodType<readonly string[]> {
  return z
    .string()
    .transform((text) => text.split(',').map((value) => value.trim()))
    .refine((values) => values.every(allows), rule);
}

const shared = {
  CCRO_CONFIG: z.string().default('config/local.json'),
  REDIS_URL: z
    .string()
    .transform((text) => new RedisUrl(text).href)
    .default(DEFAULT_REDIS_URL),
  REDIS_CA_FILE: z.string().optional(),
  HTTP_HOST: z.union([z.ipv4(), z.ipv6(), z.literal('localhost')], HOST_RULE).default('127.0.0.1'),
  ALLOWED_HOSTS: list(isHostName, HOSTS_RULE).optional(),
  CODEC: oneOf(CODEC_NAMES).optional(),
  DATA_DIR: z.string().optional(),
  FAULT_INJECTION: oneOf(['on', 'off']).default('off'),
  LOG_LEVEL: oneOf(LOG_LEVELS).default('info'),
  KEY_FILE: z.string().optional(),
};

const startSchema = z.object({
  REDIS_URL: z.string().optional(),
  REDIS_CA_FILE: shared.REDIS_CA_FILE,
  API_KEYS_FILE: z.string().optional(),
  CODEC: shared.CODEC,
  FAULT_INJECTION: shared.FAULT_INJECTION,
});

const codecSchema = z.object({ CODEC: shared.CODEC });

const nodeSchema = z.object({
  ...shared,
  NODE_ID: integer(0, MAX_MEMBERS - 1, MEMBER_ID_RULE).optional(),
  NODE_HTTP_PORT: integer(0, LAST_PORT, PORT_RULE).optional(),
  GATEWAY_URL: z.string().refine(isBaseUrl, GATEWAY_URL_RULE).default('http://127.0.0.1:3000'),
  NODE_URLS: list(isBaseUrl, NODE_URLS_RULE).optional(),
  DURABILITY: oneOf(DURABILITIES).optional(),
  FAULT: oneOf(FAULT_KINDS).optional(),
  STATE_MACHINE: z.string().optional(),
});

const gatewaySchema = z.object({
  ...shared,
  GATEWAY_PORT: integer(0, LAST_PORT, PORT_RULE).default(3000),
  CLIENT_ID: z.string().regex(NAME_PATTERN, NAME_RULE).default('gateway'),
  REQUEST_TIMEOUT_MS: integer(1, 600_000, TIMEOUT_RULE).default(5000),
  OVERLOAD_WAIT_MS: integer(10, 600_000, OVERLOAD_WAIT_RULE).default(500),
  IDEMPOTENCY_RETENTION: integer(1, 36_500, RETENTION_RULE).optional(),
  API_KEYS_FILE: z.string().optional(),
  EXPERIMENTS: oneOf(['on', 'off']).default('on'),
  CORS_ORIGINS: list(isOrigin, ORIGINS_RULE).default([]),
  RATE_LIMIT: integer(1, MAX_REQUESTS_PER_SECOND, RATE_LIMIT_RULE).optional(),
});

/** What `npm start` takes besides its options, which it checks itself. */
export interface StartEnvironment {
  /** As it was written; undefined: not set. */
  readonly redisUrl: string | undefined;
  readonly redisCaFile: string | undefined;
  readonly apiKeysFile: string | undefined;
  readonly codec: CodecName | undefined;
  readonly faultInjection: boolean;
}

/** @throws ConfigurationError naming the variable that is wrong and what is allowed */
export function readStartEnvironment(environment: Environment): StartEnvironment {
  const variables = read(startSchema, environment);
  return {
    redisUrl: variables.REDIS_URL,
    redisCaFile: variables.REDIS_CA_FILE,
    apiKeysFile: variables.API_KEYS_FILE,
    codec: variables.CODEC,
    faultInjection: variables.FAULT_INJECTION === 'on',
  };
}

/** `CODEC`, for a program that needs no other. @throws ConfigurationError */
export function readCodec(environment: Environment = process.env): CodecName | undefined {
  return parse(codecSchema, environment).CODEC;
}

/** @throws ConfigurationError naming the variable that is wrong and what is allowed */
export function readNodeEnvironment(environment: Environment): NodeEnvironment {
  const variables = read(nodeSchema, environment);
  return {
    ...serverEnvironment(variables),
    nodeId: variables.NODE_ID,
    httpPort: variables.NODE_HTTP_PORT,
    gatewayUrl: variables.GATEWAY_URL,
    nodeUrls: variables.NODE_URLS,
    storage: storageSettings(variables.DATA_DIR, variables.DURABILITY),
    stateMachinePath: variables.STATE_MACHINE,
    fault: variables.FAULT,
  };
}

/** @throws ConfigurationError naming the variable that is wrong and what is allowed */
export function readGatewayEnvironment(environment: Environment): GatewayEnvironment {
  const variables = read(gatewaySchema, environment);
  return {
    ...serverEnvironment(variables),
    port: variables.GATEWAY_PORT,
    clientId: variables.CLIENT_ID,
    experiments: variables.EXPERIMENTS === 'on',
    requestTimeoutMs: variables.REQUEST_TIMEOUT_MS,
    overloadWaitMs: variables.OVERLOAD_WAIT_MS,
    idempotencyRetentionMs: (variables.IDEMPOTENCY_RETENTION ?? 0) * MS_PER_DAY,
    apiKeysFile: variables.API_KEYS_FILE,
    corsOrigins: variables.CORS_ORIGINS,
    rateLimit: variables.RATE_LIMIT,
  };
}

function serverEnvironment(variables: z.infer<z.ZodObject<typeof shared>>): ServerEnvironment {
  return {
    configPath: variables.CCRO_CONFIG,
    codec: variables.CODEC,
    redisUrl: variables.REDIS_URL,
    redisCaFile: variables.REDIS_CA_FILE,
    httpHost: variables.HTTP_HOST,
    allowedHosts: variables.ALLOWED_HOSTS,
    faultInjection: variables.FAULT_INJECTION === 'on',
    logLevel: variables.LOG_LEVEL,
    keyFile: variables.KEY_FILE,
  };
}

/** A directory and what it is for must fit: nobody is to think that records are kept. */
function storageSettings(
  dataDirectory: string | undefined,
  durability: Durability | undefined,
): StorageSettings {
  if (dataDirectory === undefined) {
    if (durability === undefined || durability === 'memory') return { durability: 'memory' };
    throw notAllowed('DURABILITY', durability, 'memory, unless DATA_DIR names a directory');
  }
  if (durability !== 'memory') return { durability: durability ?? 'fsync', dataDirectory };
  throw notAllowed('DURABILITY', durability, 'fsync, async (DATA_DIR is set; memory needs none)');
}

/** Where node `id` keeps its records: each node has a directory of its own. */
export function nodeStore(settings: StorageSettings, id: number): StoreSettings {
  if (settings.durability === 'memory') return settings;
  const { durability, dataDirectory } = settings;
  return { durability, directory: join(dataDirectory, `node-${id}`) };
}

/** The HTTP port of node `id`: the one that was set, or 8080 + id. */
export function nodeHttpPort({ httpPort }: NodeEnvironment, id: number): number {
  return httpPort ?? DEFAULT_NODE_PORT + id;
}

/** Base URL of node `id` for callers, as far as it follows from the settings of another one. */
export function nodeUrl(
  { nodeUrls, httpPort, httpHost }: NodeEnvironment,
  id: number,
): string | undefined {
  if (nodeUrls !== undefined) return nodeUrls[id];
  const hasDefaultPorts = httpPort === undefined && ['127.0.0.1', 'localhost'].includes(httpHost);
  return hasDefaultPorts ? `http://${httpHost}:${DEFAULT_NODE_PORT + id}` : undefined;
}

/**
 * Node URLs are taken by their place in the list: one too few or too many names other nodes.
 *
 * @throws ConfigurationError unless there is one for each member
 */
export function requireNodeUrls(
  { nodeUrls }: Pick<NodeEnvironment, 'nodeUrls'>,
  { cluster, members }: ClusterConfig,
): void {
  if (nodeUrls === undefined || nodeUrls.length === members.length) return;
  const problem = `names ${nodeUrls.length} nodes; allowed: ${members.length}, one for each member of ${cluster}`;
  throw new ConfigurationError('NODE_URLS', problem);
}

function read<T>(schema: z.ZodType<T>, environment: Environment): T {
  // Whatever is wrong with it, nothing of it is shown: it may hold a password.
  const problem = redisUrlProblem(environment.REDIS_URL || DEFAULT_REDIS_URL);
  if (problem !== undefined) throw new ConfigurationError('REDIS_URL', problem);
  return parse(schema, environment);
}

/** An empty value counts as not set. */
function parse<T>(schema: z.ZodType<T>, environment: Environment): T {
  const set = Object.fromEntries(
    Object.entries(environment).filter(([, value]) => value !== undefined && value !== ''),
  );
  const parsed = schema.safeParse(set);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const name = String(issue?.path[0] ?? 'environment');
  if (issue === undefined) throw new ConfigurationError(name, 'is not valid');
  throw notAllowed(name, withoutPassword(set[name]), issue.message);
}

/** What a browser sends as `Origin`: no path, no wildcard. */
function isOrigin(text: string): boolean {
  return /^https?:/.test(text) && URL.canParse(text) && new URL(text).origin === text;
}

/** An origin, which may be spelt with its path. */
function isBaseUrl(text: string): boolean {
  return isOrigin(text.replace(/\/$/, ''));
}

/** What `Host` may be without its port. */
function isHostName(text: string): boolean {
  return /^[\w.-]+$|^\[[\da-f:.]+\]$/i.test(text);
}

/** Errors are logged, and a URL may hold a password. */
function withoutPassword(value: string | undefined): string | undefined {
  return value?.replace(/^[^]*@/, '***@');
}
