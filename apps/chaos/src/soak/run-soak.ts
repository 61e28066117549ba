/** One soak, from an empty directory to the figures. */

import type { SoakOptions } from '../options/options.js';
import { anyOf, Quit } from '@ccro/clock';
import { ProcessCluster } from '@ccro/process-cluster';
import { loadThroughClient, loadThroughGateway, type LoadCount } from './load.js';
import { takeSamples, type Sample, type SoFar } from './samples.js';

/** No soak takes longer without getting anywhere. */
const STALL_BOUND_MS = 60_000;
const STALL_LOOK_MS = 1_000;

export interface SoakResult {
  readonly samples: readonly Sample[];
  readonly decided: number;
  readonly setbacks: number;
  readonly durationMs: number;
  /** What should not have happened. */
  readonly findings: readonly string[];
}

/**
 * Runs a soak. All processes have ended when it returns or throws.
 *
 * @throws Quit when `quit` aborts; what ProcessCluster.start throws
 */
export async function runSoak(
  options: SoakOptions,
  directory: string,
  onStarted: (count: LoadCount) => void,
  quit: AbortSignal,
): Promise<SoakResult> {
  const findings: string[] = [];
  const failed = new AbortController();
  const cluster = await ProcessCluster.start(
    {
      ...options,
      directory,
      gateways: 1,
      checkpointInterval: undefined,
      heapMegabytes: options.heap,
      faultInjection: false,
      logLevel: 'info',
      temporary: !options.keep,
    },
    {
      onUnexpectedEnd: (name, lastLine) => {
        findings.push(`${name} ended by itself: ${lastLine}`);
        failed.abort();
      },
    },
  );
  try {
    const load = options.through === 'gateway' ? loadThroughGateway : loadThroughClient;
    const count: LoadCount = { handedIn: 0, decided: 0, setbacks: 0 };
    onStarted(count);
    const startedMs = performance.now();
    const nowMs = (): number => performance.now() - startedMs;
    const over = new AbortController();
    const soFar = (): SoFar => ({ atMs: nowMs(), decided: count.decided });
    const sampled = takeSamples(cluster, options.sampleEvery, soFar, over.signal);
    const stall = watchForStall(count, () => {
      findings.push(`nothing was decided for ${STALL_BOUND_MS / 1000} s`);
      failed.abort();
    });
    await load(cluster, options.requests, count, anyOf(quit, failed.signal));
    const durationMs = nowMs();
    clearInterval(stall);
    over.abort();
    const samples = await sampled;
    if (quit.aborted) throw new Quit();
    return { samples, decided: count.decided, setbacks: count.setbacks, durationMs, findings };
  } finally {
    await cluster.close();
  }
}

function watchForStall(count: LoadCount, onStall: () => void): NodeJS.Timeout {
  let lastCount = 0;
  let lastChangeMs = performance.now();
  return setInterval(() => {
    if (count.decided !== lastCount) {
      lastCount = count.decided;
      lastChangeMs = performance.now();
    } else if (performance.now() - lastChangeMs > STALL_BOUND_MS) {
      onStall();
    }
  }, STALL_LOOK_MS);
}
