import { DEFAULT_REPLICA_CONFIG } from '@ccro/consensus';
import { systemClock } from '@ccro/clock';
import type { ReplicaRunner } from '@ccro/runner';
import type { NodeOptions } from '../node-options.js';
import type { LastHeard } from './last-heard.js';
import { NodeWatch } from './node-watch.js';

/** A node that is idle says where it is every `statusIntervalMs` (n/4 of them in large clusters). */
const STATUS_INTERVALS = 2.5;

interface Watched {
  readonly runner: ReplicaRunner;
  readonly heard: LastHeard;
  readonly tell: (level: 'warn' | 'log', text: string) => void;
}

/** A watch over the node that `options` make. */
export function createWatch(options: NodeOptions, { runner, heard, tell }: Watched): NodeWatch {
  const { broker, facts, tuning } = options;
  const { statusIntervalMs } = { ...DEFAULT_REPLICA_CONFIG, ...tuning };
  return new NodeWatch({
    node: {
      waiting: () => runner.waiting(),
      lastExecuted: () => runner.status().lastExecuted,
      brokerConnected: () => broker.connected,
      brokerTrouble: () => broker.troubles?.reason,
      isOffline: () => runner.fault === 'offline',
    },
    heard,
    clock: systemClock,
    silentAfterMs: STATUS_INTERVALS * statusIntervalMs * Math.max(1, facts.members.length / 4),
    tell,
  });
}
