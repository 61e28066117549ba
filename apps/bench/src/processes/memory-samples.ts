/** Resident memory of a process over time. */

import { flatnessOf } from '@ccro/figures';
import { pause } from '@ccro/clock';
import { residentMemory } from '@ccro/process-cluster';
import type { Verdict } from '../result/results.js';
import { atMost } from '../result/verdicts.js';

export interface Sample {
  readonly atMs: number;
  readonly bytes: number;
}

/** Looks every so many milliseconds until `over` aborts. */
export async function sampleUntil(
  pid: number | undefined,
  everyMs: number,
  over: AbortSignal,
): Promise<Sample[]> {
  const startedMs = performance.now();
  const samples: Sample[] = [];
  while (pid !== undefined && !over.aborted) {
    const found = await residentMemory(pid);
    if (found !== undefined) samples.push({ atMs: performance.now() - startedMs, bytes: found });
    await pause(everyMs, over);
  }
  return samples;
}

export function bytesOf(samples: readonly Sample[]): number[] {
  return samples.map(({ bytes }) => bytes);
}

/** Whether memory stays level; nothing when there are too few samples to tell. */
export function levelVerdicts(what: string, values: readonly number[]): Verdict[] {
  const flatness = flatnessOf(values);
  if (flatness === undefined) return [];
  return [atMost(`last quarter of ${what}`, flatness.lastQuarter, flatness.allowed, 'bytes')];
}
