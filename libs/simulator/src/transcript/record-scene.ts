import { SimulatedCluster } from '../simulated-cluster.js';
import type { ClusterEvent } from '../trace/cluster-event.js';
import type { Scene } from './scenes.js';
import { Transcript } from './transcript.js';

/** Every message takes a millisecond. */
const STEADY_NETWORK = { loss: 0, duplication: 0, minDelayMs: 1, maxDelayMs: 1 };
/** Enough for the greetings of a cluster that starts. */
const WARM_UP_MS = 10;

/**
 * Plays a scene.
 *
 * @returns its transcript, ready to be written to its file
 * @throws Violation when an invariant is violated in it
 */
export async function recordScene({
  title,
  about,
  options,
  prepare,
  play,
}: Scene): Promise<string> {
  let transcript: Transcript | undefined;
  const listener = (event: ClusterEvent, atMs: number): void => transcript?.add(event, atMs);
  const cluster = new SimulatedCluster({
    seed: 1,
    nodes: 4,
    network: STEADY_NETWORK,
    listener,
    ...options,
  });
  const begins = (): Transcript => new Transcript(cluster.time.now());
  if (prepare === undefined) {
    await cluster.start();
    await cluster.time.runUntil(() => false, WARM_UP_MS);
    transcript = begins();
  } else {
    transcript = begins();
    await cluster.start();
    await prepare(cluster);
    if (cluster.time.now() > 0) transcript = begins();
  }
  await play(cluster);
  const [violation] = cluster.checkers.violations;
  if (violation !== undefined) throw violation;
  return `${title}\n\n${about}\n\n${transcript.text()}`;
}
