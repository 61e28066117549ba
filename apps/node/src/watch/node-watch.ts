/**
 * Looks once a second at what the node waits for: says so in the log when it lasts, and knows
 * whether the node is ready.
 *
 * A wait is logged once it has lasted for `TOLD_AFTER_MS`, again at intervals that grow up to a minute,
 * and once more when it is over. What a node waits for may change meanwhile: it counts as one wait for
 * as long as nothing executes.
 */

import type { ReplicaId, Waiting } from '@ccro/consensus';
import type { Clock } from '@ccro/clock';
import { someOf, waitingText } from '../replica/replica-text.js';

const LOOK_EVERY_MS = 1000;
/** A wait of less is no news: views change in about as much. */
const TOLD_AFTER_MS = 3000;
const MAX_PAUSE_MS = 60_000;
/**
 * How long a node that waits for this may be called ready all the same. Under load a node often
 * lags by a message or two; a view that has not begun for long is not about to.
 */
const PATIENCE_MS = { settings: 0, state: 0, decisions: 2000, view: 5000 } as const;

/** When each of the other nodes was heard last: signed by it and accepted here. */
export class LastHeard {
  private readonly atMs: (number | undefined)[];
  private readonly startedAtMs: number;

  constructor(
    n: number,
    private readonly self: ReplicaId,
    private readonly now: () => number,
  ) {
    this.atMs = Array.from({ length: n }, () => undefined);
    this.startedAtMs = now();
  }

  heard(replica: ReplicaId): void {
    this.atMs[replica] = this.now();
  }

  /** Those that were not heard for `forMs`, ascending, and for how long none of them was. */
  silent(forMs: number): { readonly nodes: readonly ReplicaId[]; readonly forMs: number } {
    const now = this.now();
    const nodes: ReplicaId[] = [];
    let least = Infinity;
    for (const [replica, atMs = this.startedAtMs] of this.atMs.entries()) {
      const silentMs = now - atMs;
      if (replica === this.self || silentMs < forMs) continue;
      nodes.push(replica);
      least = Math.min(least, silentMs);
    }
    return { nodes, forMs: nodes.length === 0 ? 0 : least };
  }
}

export interface WatchedNode {
  readonly waiting: () => Waiting | undefined;
  readonly lastExecuted: () => number;
  readonly brokerConnected: () => boolean;
  /** What the broker refuses, in words. */
  readonly brokerTrouble: () => string | undefined;
  readonly isOffline: () => boolean;
}

export interface NodeWatchParts {
  readonly node: WatchedNode;
  readonly heard: LastHeard;
  readonly clock: Clock;
  /**
   * A waiting node sends a status more often than this; in CCRO mode it may send nothing to this node
   * otherwise.
   */
  readonly silentAfterMs: number;
  /** Writes to the log. */
  readonly warn: (text: string) => void;
}

/** Something that goes on, since when it does, and when to tell of it again. */
interface Wait {
  readonly sinceMs: number;
  readonly executed: number;
  toldAtMs: number | undefined;
  pauseMs: number;
}

interface Obstacle {
  readonly kind: keyof typeof PATIENCE_MS;
  readonly sinceMs: number;
}

export class NodeWatch {
  private wait: Wait | undefined;
  /** What kept the node from being ready when it was looked at last, and since when. */
  private obstacle: Obstacle | undefined;
  private cancel: (() => void) | undefined;

  constructor(private readonly parts: NodeWatchParts) {}

  start(): void {
    this.cancel = this.parts.clock.schedule(LOOK_EVERY_MS, () => {
      this.look();
      this.start();
    });
  }

  stop(): void {
    this.cancel?.();
  }

  /** Why no client should count on this node now; undefined when one may. */
  notReady(): string | undefined {
    const { node, clock } = this.parts;
    if (node.isOffline()) return 'this node plays dead (fault: offline)';
    const trouble = node.brokerTrouble();
    if (trouble !== undefined) return trouble;
    if (!node.brokerConnected()) return 'the broker cannot be reached';
    const waiting = node.waiting();
    const obstacle = this.obstacleOf(waiting);
    if (waiting === undefined || obstacle === undefined) return undefined;
    const forMs = clock.now() - obstacle.sinceMs;
    return forMs >= PATIENCE_MS[obstacle.kind] ? waitingText(waiting) : undefined;
  }

  /** What an operator should read, if anything. */
  private look(): void {
    const { node, clock } = this.parts;
    const now = clock.now();
    const waiting = node.waiting();
    this.obstacleOf(waiting);
    const executed = node.lastExecuted();
    const goesOn = this.wait?.executed === executed || isCatchingUp(waiting);
    if (waiting === undefined || !goesOn) this.end(now);
    if (waiting === undefined) return;
    this.wait ??= { sinceMs: now, executed, toldAtMs: undefined, pauseMs: TOLD_AFTER_MS };
    if (now - (this.wait.toldAtMs ?? this.wait.sinceMs) < this.wait.pauseMs) return;
    this.wait.toldAtMs = now;
    this.wait.pauseMs = Math.min(MAX_PAUSE_MS, 2 * this.wait.pauseMs);
    this.parts.warn(this.text(waiting, now - this.wait.sinceMs));
  }

  private text(waiting: Waiting, forMs: number): string {
    const { node, heard, silentAfterMs } = this.parts;
    const since = `for ${seconds(forMs)} now`;
    if (!node.brokerConnected()) return `waits for the broker, ${since}`;
    const text = `${waitingText(waiting)}, ${since}`;
    if (forMs < silentAfterMs) return text;
    const { nodes, forMs: silentMs } = heard.silent(silentAfterMs);
    if (nodes.length === 0) return text;
    return `${text}; heard nothing from ${someOf(nodes)} for ${seconds(silentMs)}`;
  }

  private end(now: number): void {
    const ended = this.wait;
    this.wait = undefined;
    if (ended?.toldAtMs === undefined) return;
    this.parts.warn(`goes on after ${seconds(now - ended.sinceMs)}`);
  }

  /** Notes since when it is this obstacle. */
  private obstacleOf(waiting: Waiting | undefined): Obstacle | undefined {
    const kind = waiting?.kind;
    if (!isObstacle(kind)) this.obstacle = undefined;
    else if (this.obstacle?.kind !== kind) {
      this.obstacle = { kind, sinceMs: this.parts.clock.now() };
    }
    return this.obstacle;
  }
}

function isObstacle(kind: Waiting['kind'] | undefined): kind is Obstacle['kind'] {
  return kind !== undefined && kind in PATIENCE_MS;
}

/** Such a node executes all the time, and waits all the same. */
function isCatchingUp(waiting: Waiting | undefined): boolean {
  return waiting?.kind === 'state' || waiting?.kind === 'decisions';
}

function seconds(ms: number): string {
  return `${Math.round(ms / 1000)} s`;
}
