import type { TrafficCount } from '@ccro/broker';
import type { DecidedAnswer } from '@ccro/gateway-app';

/** A started node, in this process or in one of its own. */
export interface RunningNode {
  readonly id: number;
  /** Base URL of its HTTP interface. */
  readonly url: string;
  close(): Promise<void>;
}

/** A started cluster with its gateway. */
export interface RunningCluster {
  readonly gatewayUrl: string;
  /** With which this very process calls the gateway; undefined: none is needed. */
  readonly gatewayKey?: string | undefined;
  readonly nodes: readonly RunningNode[];
  /** Everything all participants published so far, as counted at the broker. */
  traffic(): Promise<TrafficCount>;
  /** What the nodes published about the slot of a decision: no heartbeats, no other slots. */
  trafficOf(sequence: number): Promise<TrafficCount>;
  /** Stops gateway, nodes and whatever broker was started for them. May be called again. */
  close(): Promise<void>;
}

/** Told of what goes wrong with what was started. */
export interface TroubleListener {
  /** Something the user should know, one line. */
  onNotice(line: string): void;
  /** A part of the cluster cannot go on, and nothing can without it. */
  onFatal(error: unknown): void;
}

/** Told while a cluster starts. */
export interface LaunchListener extends TroubleListener {
  onNodeStarted?(node: RunningNode): void;
  onGatewayStarted?(url: string): void;
  /** A decision reached a waiting caller. */
  onDecided?(decision: DecidedAnswer): void;
}
