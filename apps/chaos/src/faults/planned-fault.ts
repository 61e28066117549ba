/** What a chaos run does to a cluster, as it is planned. */

import type { FaultKind } from '@ccro/faults';

/** Whom a node fault is meant for; who that is, is asked when it strikes. */
export type Victim =
  | { readonly role: 'commander' }
  | { readonly role: 'communication' }
  /** One of those that are well: the one at this fraction of their list. */
  | { readonly role: 'any'; readonly pick: number };

/** Ways to misbehave that a running node can be told to. */
export type Misbehaviour = Exclude<FaultKind, 'offline'>;

export type NodeFault =
  /** SIGKILL, and started again after a while. */
  | { readonly kind: 'kill'; readonly victim: Victim; readonly downMs: number }
  /** SIGSTOP, and SIGCONT after a while. */
  | { readonly kind: 'freeze'; readonly victim: Victim; readonly forMs: number }
  | {
      readonly kind: 'misbehave';
      readonly victim: Victim;
      readonly behaviour: Misbehaviour;
      readonly forMs: number;
    }
  /** SIGKILL, its store is damaged, it refuses to start, and a new one takes its place. */
  | { readonly kind: 'replace'; readonly victim: Victim; readonly damageSeed: string };

export type RedisFault =
  | { readonly kind: 'redis-kill'; readonly downMs: number }
  /** An orderly stop and start. */
  | { readonly kind: 'redis-restart'; readonly downMs: number };

export interface GatewayFault {
  readonly kind: 'gateway-kill';
  /** The gateway at this fraction of their list. */
  readonly pick: number;
  readonly downMs: number;
}

export type Fault = NodeFault | RedisFault | GatewayFault;

/** A fault that strikes so long after the one before it in the same lane is over. */
export interface Planned<F extends Fault> {
  readonly afterMs: number;
  readonly fault: F;
}

/** One line about a fault, as the timeline and the plan show it. */
export function describeFault(fault: Fault): string {
  switch (fault.kind) {
    case 'kill':
      return `kill -9, down ${seconds(fault.downMs)}`;
    case 'freeze':
      return `SIGSTOP for ${seconds(fault.forMs)}`;
    case 'misbehave':
      return `${fault.behaviour} for ${seconds(fault.forMs)}`;
    case 'replace':
      return 'kill -9, store damaged, replaced';
    case 'redis-kill':
      return `kill -9, down ${seconds(fault.downMs)}`;
    case 'redis-restart':
      return `restart, down ${seconds(fault.downMs)}`;
    case 'gateway-kill':
      return `kill -9, down ${seconds(fault.downMs)}`;
  }
}

export function describeVictim(victim: Victim): string {
  switch (victim.role) {
    case 'commander':
      return 'commander';
    case 'communication':
      return 'communication node';
    case 'any':
      return 'any node';
  }
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
