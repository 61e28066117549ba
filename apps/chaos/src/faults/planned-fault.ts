/** What a chaos run does to a cluster, as it is planned. */

import type { FaultKind } from '@ccro/faults';

/** Whom a node fault is meant for; who that is, is asked when it strikes. */
export type Victim =
  | { readonly role: 'primary' }
  | { readonly role: 'collector' }
  /** One of those that are well: the one at this fraction of their list. */
  | { readonly role: 'any'; readonly pick: number };

/** Ways to misbehave that a running node can be told to. */
export type Misbehaviour = Exclude<FaultKind, 'offline'>;

/** What can be done to any program: node or gateway. */
export type ProgramFault =
  /** Its wall clock is set to another time, and put right, while it runs. */
  | { readonly kind: 'clock-step'; readonly offByMs: number; readonly forMs: number }
  /** SIGKILL, and started again with another wall clock; the same when that is put right. */
  | { readonly kind: 'clock-restart'; readonly offByMs: number; readonly forMs: number }
  /** Nobody reads its log any more, until it is stopped and started again. */
  | { readonly kind: 'log-closed'; readonly forMs: number }
  /** The connections to Redis of one that has a path of its own go silent; new ones work. */
  | { readonly kind: 'silent-redis' }
  /** As many idle connections to it as it may have files open, kept up for a while. */
  | { readonly kind: 'idle-connections'; readonly forMs: number };

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
  | { readonly kind: 'replace'; readonly victim: Victim; readonly damageSeed: string }
  | (ProgramFault & { readonly victim: Victim });

export type RedisFault =
  | { readonly kind: 'redis-kill'; readonly downMs: number }
  /** An orderly stop and start. */
  | { readonly kind: 'redis-restart'; readonly downMs: number }
  /** It becomes a replica of a server that does not exist; connections stay. */
  | { readonly kind: 'redis-replica'; readonly forMs: number }
  /** Another password, by either command, and everybody has to connect anew. */
  | {
      readonly kind: 'redis-password';
      readonly means: 'CONFIG SET requirepass' | 'ACL SETUSER';
      readonly forMs: number;
    }
  /** Nobody may publish any more; connections stay. */
  | { readonly kind: 'redis-rights'; readonly forMs: number };

export type GatewayFault = {
  /** The gateway at this fraction of their list. */
  readonly pick: number;
} & (
  | { readonly kind: 'gateway-kill'; readonly downMs: number }
  /** Connections of clients go silent in the middle of their requests. */
  | { readonly kind: 'half-open-clients'; readonly clients: number; readonly forMs: number }
  | ProgramFault
);

export type Fault = NodeFault | RedisFault | GatewayFault;

/** All kinds of faults, in the order in which a report lists them. */
export const CHAOS_FAULTS = [
  ...['kill', 'freeze', 'misbehave', 'replace', 'gateway-kill'],
  ...['clock-step', 'clock-restart', 'log-closed', 'silent-redis', 'idle-connections'],
  ...['half-open-clients', 'redis-kill', 'redis-restart', 'redis-replica', 'redis-password'],
  'redis-rights',
] as Fault['kind'][];

/** A fault that strikes so long after the one before it in the same lane is over. */
export interface Planned<F extends Fault> {
  readonly afterMs: number;
  readonly fault: F;
  /** Kinds that the lane has not dealt by then. */
  readonly kindsLeft: number;
}

/** One line about a fault, as the timeline and the plan show it. */
export function describeFault(fault: Fault): string {
  switch (fault.kind) {
    case 'kill':
    case 'gateway-kill':
    case 'redis-kill':
      return `kill -9, down ${seconds(fault.downMs)}`;
    case 'freeze':
      return `SIGSTOP for ${seconds(fault.forMs)}`;
    case 'misbehave':
      return `${fault.behaviour} for ${seconds(fault.forMs)}`;
    case 'replace':
      return 'kill -9, store damaged, replaced';
    case 'redis-restart':
      return `restart, down ${seconds(fault.downMs)}`;
    case 'redis-replica':
      return `a replica of nobody for ${seconds(fault.forMs)}`;
    case 'redis-password':
      return `another password (${fault.means}) for ${seconds(fault.forMs)}`;
    case 'redis-rights':
      return `nobody may publish for ${seconds(fault.forMs)}`;
    case 'clock-step':
      return `clock off by ${signed(fault.offByMs)} for ${seconds(fault.forMs)}`;
    case 'clock-restart':
      return `restarted with the clock off by ${signed(fault.offByMs)} for ${seconds(fault.forMs)}`;
    case 'log-closed':
      return `log read by nobody for ${seconds(fault.forMs)}`;
    case 'silent-redis':
      return 'connections to Redis gone silent';
    case 'idle-connections':
      return `idle connections up to the limit for ${seconds(fault.forMs)}`;
    case 'half-open-clients':
      return `${fault.clients} clients gone silent for ${seconds(fault.forMs)}`;
  }
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

function signed(ms: number): string {
  return `${ms < 0 ? '-' : '+'}${Math.abs(ms) / 1000} s`;
}
