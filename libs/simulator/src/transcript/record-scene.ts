import { SimulatedCluster, type SimulationOptions } from '../simulated-cluster.js';
import { describeEvent } from '../trace/describe-event.js';
import type { ClusterEvent, ClusterListener, Witness } from '../trace/events.js';
import type { Scene } from './scenes.js';

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

interface Line {
  readonly atMs: number;
  readonly what: string;
  readonly who: string[];
}

/**
 * What happened, for people to read: what several do at one moment in the same words is one line,
 * and what a replica makes no use of is left out.
 */
class Transcript {
  private readonly lines: Line[] = [];

  constructor(private readonly startedMs: number) {}

  add(event: ClusterEvent, atMs: number): void {
    if (event.kind === 'rejected') return;
    const { who, what } = describeEvent(event);
    const same = this.lines.find((line) => line.atMs === atMs && line.what === what);
    if (same === undefined) this.lines.push({ atMs, what, who: [who] });
    else same.who.push(who);
  }

  /** One line for each thing that happened, in order. */
  text(): string {
    return this.lines
      .map(({ atMs, what, who }) => {
        const time = `${(atMs - this.startedMs).toFixed(1).padStart(8)} ms`;
        return `${time}  ${`${together(who)} ${what}`.trim()}\n`;
      })
      .join('');
  }
}

/** `node 1` and `node 3` become `nodes 1, 3`. */
function together(who: readonly string[]): string {
  const everyone = [...new Set(who)];
  const ids = everyone.map((each) => /^node (\d+)$/.exec(each)?.[1]);
  if (everyone.length === 1 || ids.includes(undefined)) return everyone.join(', ');
  return `nodes ${ids.sort((a, b) => Number(a) - Number(b)).join(', ')}`;
}
