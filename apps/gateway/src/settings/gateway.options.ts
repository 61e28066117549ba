import type { Broker } from '@ccro/broker';
import type { ApiKey, ClusterConfig } from '@ccro/cluster-config';
import { MeasuringProcess, type CellMeasurer, type DecisionObserver } from '@ccro/experiment';
import type { DecidedAnswer } from '../answers/request-record.js';

/** Injection token of {@link GatewaySettings}. */
export const GATEWAY_SETTINGS = Symbol('GATEWAY_SETTINGS');

/** Request bodies larger than this are answered 413, in bytes. */
export const MAX_BODY_BYTES = 128 * 1024;

/** Everything the gateway is told; nothing in it reads the environment. */
export interface GatewayOptions {
  readonly config: ClusterConfig;
  /** The client of the cluster that the gateway is. */
  readonly clientId: string;
  /** That client's private key, as `libs/crypto` writes it. */
  readonly secretKey: string;
  /** The gateway's one connection, named `ccro:gateway:<client>`; connected and closed with it. */
  readonly broker: Broker;
  /** Whether `PUT /nodes/:id/fault` is allowed. Default false. */
  readonly faultInjection?: boolean;
  /** Whether experiments and comparisons are allowed. Default true. */
  readonly experiments?: boolean;
  /** How long a call waits for its decision. Default 5000. */
  readonly requestTimeoutMs?: number;
  /** How long a node may take to say something about itself. Default 1000. */
  readonly nodeTimeoutMs?: number;
  /**
   * Most pending requests that callers share; half as many more are for callers that come when one has
   * taken them all (`pending-bounds.ts`). Default 2048.
   */
  readonly maxPendingRequests?: number;
  /**
   * How long whatever is accepted waits for its decision when more is asked for than the cluster
   * can decide, in milliseconds: what is beyond that is refused (`pending-limit.ts`). Default 500.
   */
  readonly overloadWaitMs?: number;
  /**
   * Places for finished requests under no idempotency key, which are kept for `GET /requests/:id`:
   * an answer takes one for each 8 KiB. Default 10,000.
   */
  readonly maxFinishedRequests?: number;
  /** How long an idempotency key and its answer are kept. Default 0: without end. */
  readonly idempotencyRetentionMs?: number;
  /** Where requests are kept until they are decided. Default: in this process's memory. */
  readonly queue?: QueueOptions;
  /** Keys that callers need. Default: none, all callers may do everything. */
  readonly apiKeys?: readonly ApiKey[] | undefined;
  /** Origins whose pages may call the gateway from browsers. Default: none. */
  readonly corsOrigins?: readonly string[];
  /**
   * Names that `Host` may have, besides those of the loopback address. Default: where no keys are
   * needed and the gateway listens on the loopback address no others, else any.
   */
  readonly allowedHosts?: readonly string[] | undefined;
  /** Calls a second that one address may make without a key. Default: no limit. */
  readonly rateLimit?: number | undefined;
  /** Where the page for browsers was built. Default: dist/dashboard of the installation. */
  readonly pageDirectory?: string;
  /** What measures the cells of experiments. Default: a process of its own for each experiment. */
  readonly createMeasurer?: () => CellMeasurer;
  /** What compares the modes. Default: a process of its own for each comparison. */
  readonly createObserver?: () => DecisionObserver;
  /** Told of each request once it is decided and its tallies are complete. */
  readonly onDecided?: (answer: DecidedAnswer) => void;
}

/** A queue in Redis, which outlives the gateway. */
export interface QueueOptions {
  /** Of the Redis that the broker uses. */
  readonly redisUrl: string;
  /** PEM certificates of the authorities that may vouch for a `rediss://` server; else Node's own. */
  readonly redisCa?: string | undefined;
  /** For a cluster that ends with this process: nothing of it is left in Redis. Default false. */
  readonly forgetAtClose?: boolean;
}

/** The options with every default filled in. */
export type GatewaySettings = Required<Omit<GatewayOptions, WithoutDefault>> &
  Pick<GatewayOptions, WithoutDefault>;

type WithoutDefault = 'queue' | 'pageDirectory' | 'apiKeys' | 'rateLimit' | 'allowedHosts';

const DEFAULTS = {
  faultInjection: false,
  experiments: true,
  requestTimeoutMs: 5000,
  nodeTimeoutMs: 1000,
  maxPendingRequests: 2048,
  overloadWaitMs: 500,
  maxFinishedRequests: 10_000,
  idempotencyRetentionMs: 0,
  corsOrigins: [],
  createMeasurer: () => new MeasuringProcess(),
  createObserver: () => new MeasuringProcess(),
  onDecided: () => undefined,
} as const satisfies Partial<GatewayOptions>;

/** @returns the settings that `options` make */
export function gatewaySettings(options: GatewayOptions): GatewaySettings {
  return { ...DEFAULTS, ...options };
}
