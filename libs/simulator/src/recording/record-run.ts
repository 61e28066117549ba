import { clusterSize } from '@ccro/consensus';
import { drawSchedule } from '../schedule/draw-schedule.js';
import { describeSchedule } from '../schedule/describe-schedule.js';
import { runSchedule } from '../schedule/run-schedule.js';
import type { Choices, Mode } from '../schedule/schedule.js';
import { playScene } from '../transcript/record-scene.js';
import { SCENES, type Scene } from '../transcript/scenes.js';
import { Recorder } from './recorder.js';
import type { Recording } from './recording.js';

/** Told now and then how far a run is: steps so far, and virtual milliseconds. */
export type OnProgress = (steps: number, atMs: number) => void;

/** A story that can be replayed: one of those whose transcripts are in the repository. */
export type Case = Pick<Scene, 'name' | 'title' | 'about'> & { readonly mode: Mode };

export const CASES: readonly Case[] = SCENES.map(({ name, title, about, options }) => {
  return { name, title, about, mode: options.mode };
});

/** Runs a seed, as `npm run simulate -- --seed` does, and writes everything down. */
export async function recordSeed(
  seed: number,
  choices: Partial<Choices>,
  onProgress?: OnProgress,
): Promise<Recording> {
  const recorder = new Recorder(onProgress);
  const schedule = drawSchedule(seed, choices);
  await runSchedule(schedule, recorder);
  const { mode, nodes } = schedule;
  const [first = '', second = ''] = describeSchedule(schedule);
  return recorder.finished({ title: first, about: second, mode, ...sizeOf(nodes) });
}

/**
 * Plays a case and writes everything down.
 *
 * @param mode in the place of the case's own
 * @throws RangeError when there is no such case
 */
export async function recordCase(
  name: string,
  mode?: Mode,
  onProgress?: OnProgress,
): Promise<Recording> {
  const scene = SCENES.find((each) => each.name === name);
  if (scene === undefined) throw new RangeError(`there is no case ${name}`);
  const recorder = new Recorder(onProgress);
  const played = { ...scene.options, ...(mode === undefined ? {} : { mode }) };
  const audience = {
    listener: recorder.add.bind(recorder),
    witness: recorder.witness.bind(recorder),
    begins: () => recorder.begin(),
  };
  await playScene(scene, audience, { mode: played.mode });
  const { title, about } = scene;
  return recorder.finished({ title, about, mode: played.mode, ...sizeOf(played.nodes ?? 4) });
}

function sizeOf(nodes: number): Pick<Recording, 'n' | 'f' | 'quorum'> {
  const { n, f, quorum } = clusterSize(nodes);
  return { n, f, quorum };
}
