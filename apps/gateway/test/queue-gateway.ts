import { GATEWAY_CLIENT } from '@ccro/cluster-config';
import {
  DurableRequestQueue,
  type DurableRequestQueueOptions,
} from '../src/queue/durable/durable-request-queue.js';
import { PendingLimit } from '../src/queue/pending-limit.js';
import type { MemberOptions, QueueScene } from './queue-scene.js';

const DEFAULTS = {
  ca: undefined,
  clientId: GATEWAY_CLIENT,
  clientWindow: 4096,
  maxFinished: 100,
  keyRetentionMs: 0,
  timeoutMs: 5000,
  leaseMs: 5000,
  forgetAtClose: false,
} as const;

export type GatewayOptions = Partial<DurableRequestQueueOptions> &
  MemberOptions & {
    /** Requests that may be pending at a time. */
    readonly maxPending?: number;
  };

const MAX_PENDING = 2048;
const TARGET_WAIT_MS = 500;

/** As much of a gateway as its durable queue is. */
export interface QueueGateway {
  readonly queue: DurableRequestQueue;
  /** On what may be pending. */
  readonly limit: PendingLimit;
  /** What it logged. */
  readonly log: readonly string[];
  /** As much of it as is logged at `warn`. */
  readonly warnings: readonly string[];
  /** Stops sending and receiving, as a process that is gone does. */
  silence(): Promise<void>;
}

/** A durable queue over `scene`, not open yet. All of them have the same client id. */
export async function queueGateway(
  scene: QueueScene,
  redisUrl: string,
  options: GatewayOptions = {},
): Promise<QueueGateway> {
  const { secretKey, maxOutstanding: _, maxPending = MAX_PENDING, ...rest } = options;
  const member = await scene.member(secretKey === undefined ? {} : { secretKey });
  const log: string[] = [];
  const warnings: string[] = [];
  const note = (line: unknown): void => void log.push(String(line));
  const warn = (line: unknown): void => {
    note(line);
    warnings.push(String(line));
  };
  const { cluster } = scene.config;
  const limit = new PendingLimit({
    targetWaitMs: TARGET_WAIT_MS,
    ceiling: maxPending,
    most: maxPending,
    losses: () => 0,
  });
  const queue = new DurableRequestQueue(
    { ...DEFAULTS, url: redisUrl, cluster, ...rest },
    { ...member, limit, logger: { log: note, warn } },
  );
  return { queue, limit, log, warnings, silence: () => member.end() };
}
