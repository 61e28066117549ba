/**
 * How much may be pending at a gateway: what callers share, and what may be in all.
 *
 * Invariant kept here: a caller that takes everything while it is alone leaves room for the share of
 * another one, also in the window of timestamps that replicas remember of the gateway.
 */

import type { ClusterConfig } from '@ccro/cluster-config';
import { DEFAULT_REPLICA_CONFIG } from '@ccro/consensus';
import type { GatewaySettings } from './gateway.options.js';

/** Of the replicas' window, as much as may be in flight. */
export const SPAN = 3 / 4;
/** `most`, as a multiple of the ceiling: the share of a second caller is half of it. */
const WITH_SECOND_SHARE = 3 / 2;

export interface PendingBounds {
  /** Most that is divided among callers. */
  readonly ceiling: number;
  /** Most that may be pending in all. */
  readonly most: number;
}

/** The bounds for a gateway, whose timestamps are those of one client. */
export function pendingBounds({
  maxPendingRequests,
  config,
}: Pick<GatewaySettings, 'maxPendingRequests' | 'config'>): PendingBounds {
  const fitting = Math.floor((clientWindowOf(config) * SPAN) / WITH_SECOND_SHARE);
  const ceiling = Math.max(Math.min(maxPendingRequests, fitting), 1);
  return { ceiling, most: Math.floor(ceiling * WITH_SECOND_SHARE) };
}

/** W, as the replicas have it: how many executed timestamps of a client they remember. */
export function clientWindowOf({ tuning }: ClusterConfig): number {
  return tuning.clientWindow ?? DEFAULT_REPLICA_CONFIG.clientWindow;
}
