/** How long after each fault the cluster decided again. */

import type { Incident } from '../timeline.js';
import type { Call } from '../workload/history.js';
import type { CheckResult } from './check.js';
import { median, quantile } from '@ccro/figures';

/** Calls that ended so long before a fault show what is usual. */
const USUAL_SPAN_MS = 2_000;

/** What the times of one kind of fault are held to; p95, in milliseconds. */
export interface RecoveryBound {
  /** 1.5 times the time after which a request's primary is suspected. */
  readonly primaryKilledMs: number;
  readonly collectorKilledMs: number;
}

export interface Recovery {
  readonly incident: Incident;
  /** From the fault to the first answer to something that was asked after it; undefined: none. */
  readonly decidedAfterMs: number | undefined;
  /**
   * What a call took just before, with the HTTP, the queue and whatever else this machine was busy
   * with. The bounds are on what comes on top of it.
   */
  readonly usualMs: number;
  /** Another fault was going on meanwhile: the time is reported and held to nothing. */
  readonly isOverlapped: boolean;
}

/** The times of one kind of fault, each less what was usual just before. */
export interface RecoverySummary {
  readonly what: string;
  readonly count: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly maxMs: number;
  /** Undefined: held to nothing. */
  readonly boundMs: number | undefined;
}

/**
 * @param incidents in the order in which they struck
 * @param endMs when the run ended
 */
export function recoveries(
  incidents: readonly Incident[],
  calls: readonly Call[],
  endMs: number,
): Recovery[] {
  const answered = calls
    .filter(({ decided, endMs: end }) => decided !== undefined && end !== undefined)
    .sort((a, b) => a.startMs - b.startMs);
  return incidents.map((incident) => {
    const decidedMs = firstDecision(answered, incident.startMs, endMs);
    const untilMs = decidedMs ?? endMs;
    const isOverlapped = incidents.some(
      (other) =>
        other !== incident &&
        other.startMs <= untilMs &&
        (other.overMs ?? endMs) >= incident.startMs,
    );
    const decidedAfterMs = decidedMs === undefined ? undefined : decidedMs - incident.startMs;
    const usualMs = usualTime(answered, incident.startMs);
    return { incident, decidedAfterMs, usualMs, isOverlapped };
  });
}

/** The median of what calls took that ended shortly before; 0 when there are none. */
function usualTime(answered: readonly Call[], beforeMs: number): number {
  const times = answered.flatMap(({ startMs, endMs }) =>
    endMs !== undefined && endMs < beforeMs && endMs >= beforeMs - USUAL_SPAN_MS
      ? [endMs - startMs]
      : [],
  );
  return times.length === 0 ? 0 : median(times);
}

/** @param answered by their starts */
function firstDecision(
  answered: readonly Call[],
  afterMs: number,
  endMs: number,
): number | undefined {
  let first = Infinity;
  for (const { startMs, endMs: end = endMs } of answered) {
    if (startMs >= first) break; // what begins later ends later
    if (startMs >= afterMs) first = Math.min(first, end);
  }
  return first === Infinity ? undefined : first;
}

/** By kind of fault and role, those first that are held to a bound. */
export function summarize(list: readonly Recovery[], bound: RecoveryBound): RecoverySummary[] {
  const groups = new Map<string, { boundMs: number | undefined; timesMs: number[] }>();
  for (const recovery of list) {
    const { what, boundMs } = groupOf(recovery, bound);
    const group = groups.get(what) ?? { boundMs, timesMs: [] };
    group.timesMs.push(addedMs(recovery));
    groups.set(what, group);
  }
  return [...groups]
    .map(([what, { boundMs, timesMs }]) => ({
      what,
      count: timesMs.length,
      p50Ms: quantile(timesMs, 0.5),
      p95Ms: quantile(timesMs, 0.95),
      maxMs: quantile(timesMs, 1),
      boundMs,
    }))
    .sort(
      (a, b) =>
        Number(b.boundMs !== undefined) - Number(a.boundMs !== undefined) ||
        a.what.localeCompare(b.what),
    );
}

/** What a fault added to the time of the first call after it. */
function addedMs({ decidedAfterMs, usualMs }: Recovery): number {
  return Math.max((decidedAfterMs ?? Infinity) - usualMs, 0);
}

function groupOf(
  { incident, isOverlapped }: Recovery,
  bound: RecoveryBound,
): { readonly what: string; readonly boundMs: number | undefined } {
  const what = whatHappened(incident);
  if (isOverlapped) return { what: `${what}, with other faults at the time`, boundMs: undefined };
  if (what === 'primary killed') return { what, boundMs: bound.primaryKilledMs };
  if (what === 'collector killed') return { what, boundMs: bound.collectorKilledMs };
  return { what, boundMs: undefined };
}

function whatHappened({ fault, role }: Incident): string {
  switch (fault.kind) {
    case 'kill':
    case 'replace':
      return `${role ?? ''} killed`;
    case 'freeze':
      return `${role ?? ''} frozen`;
    case 'misbehave':
      return `${role ?? ''}: ${fault.behaviour}`;
    case 'redis-kill':
    case 'redis-restart':
      return 'Redis away';
    case 'redis-replica':
      return 'Redis a replica';
    case 'redis-password':
      return 'password changed';
    case 'redis-rights':
      return 'rights taken away';
    case 'gateway-kill':
      return 'gateway killed';
    case 'half-open-clients':
      return 'clients silent';
    default:
      return `${role ?? 'gateway'}: ${fault.kind}`;
  }
}

/** The bounds hold, and something was decided after every fault. */
export function checkRecovery(
  list: readonly Recovery[],
  summaries: readonly RecoverySummary[],
): CheckResult {
  const late = summaries.flatMap(({ what, p95Ms, boundMs, count }) =>
    boundMs === undefined || p95Ms <= boundMs
      ? []
      : [`${what} (${count} times): p95 ${ms(p95Ms)}, allowed ${ms(boundMs)}`],
  );
  const never = list.flatMap(({ incident, decidedAfterMs }) =>
    decidedAfterMs === undefined
      ? [`nothing was decided any more after incident ${incident.number} (${incident.target})`]
      : [],
  );
  const bounded = summaries
    .filter(({ boundMs }) => boundMs !== undefined)
    .map(({ what, p95Ms, boundMs }) => `${what}: p95 ${ms(p95Ms)} of ${ms(boundMs ?? NaN)}`);
  return {
    name: 'the cluster decided again in time',
    summary: bounded.length === 0 ? 'no kill to measure' : bounded.join('; '),
    findings: [...late, ...never],
  };
}

function ms(value: number): string {
  return `${Math.round(value)} ms`;
}
