import type { Unit, Verdict } from './results.js';

/** Whether `measured` is `limit` or less. */
export function atMost(what: string, measured: number, limit: number, unit: Unit): Verdict {
  return { what, measured, sense: 'at most', limit, unit, met: measured <= limit };
}

/** Whether `measured` is `limit` or more. */
export function atLeast(what: string, measured: number, limit: number, unit: Unit): Verdict {
  return { what, measured, sense: 'at least', limit, unit, met: measured >= limit };
}
