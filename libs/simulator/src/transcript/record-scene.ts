import { SimulatedCluster, type SimulationOptions } from '../simulated-cluster.js';
import type { ClusterListener } from '../trace/cluster-event.js';
import type { Witness } from '../trace/inner-event.js';
import type { Scene } from './scenes.js';
import { Transcript } from './transcript.js';

/** Every message takes a millisecond. */
const STEADY_NETWORK = { loss: 0, duplication: 0, minDelayMs: 1, maxDelayMs: 1 };
/** Enough for the greetings of a cluster that starts. */
const WARM_UP_MS = 10;

/** What sees a scene. */
export interface Audience {
  readonly listener: ClusterListener;
  readonly witness?: Witness;
  /** The story begins: what came before was only to bring the cluster there. */
  readonly begins: (cluster: SimulatedCluster) => void;
}

/**
 * Plays a scene.
 *
 * @param options in the place of the scene's own
 * @throws Violation when an invariant is violated in it
 */
export async function playScene(
  scene: Scene,
  { begins, ...watching }: Audience,
  options: Partial<SimulationOptions> = {},
): Promise<void> {
  const cluster = new SimulatedCluster({
    seed: 1,
    nodes: 4,
    network: STEADY_NETWORK,
    ...scene.options,
    ...options,
    ...watching,
  });
  if (scene.prepare === undefined) {
    await cluster.start();
    await cluster.time.runUntil(() => false, WARM_UP_MS);
    begins(cluster);
  } else {
    begins(cluster);
    await cluster.start();
    await scene.prepare(cluster);
    if (cluster.time.now() > 0) begins(cluster);
  }
  await scene.play(cluster);
  const [violation] = cluster.checkers.violations;
  if (violation !== undefined) throw violation;
}

/** @returns the scene's transcript, ready to be written to its file. @throws as `playScene` */
export async function recordScene(scene: Scene): Promise<string> {
  let transcript: Transcript | undefined;
  await playScene(scene, {
    listener: (event, atMs) => transcript?.add(event, atMs),
    begins: ({ time }) => {
      transcript = new Transcript(time.now());
    },
  });
  return `${scene.title}\n\n${scene.about}\n\n${transcript?.text() ?? ''}`;
}
