import {
  CASES as SCENES,
  recordCase,
  recordSeed,
  type RecordedStep,
  type Recording,
} from '@ccro/simulator';
import { describe, expect, it } from 'vitest';
import { CASES } from './cases.js';
import { afterStep, knowledgeAtStart, Timeline } from './knowledge.js';
import { EVERYTHING, isMilestone, nextMilestone, selected, type Milestone } from './selection.js';
import { sourceIn, stepIn, withStep } from './source.js';
import { meaningOf } from './words.js';

/** What is told of the step that `find` finds first. */
function meaningAt({ recording, after }: TimelineOf, index: number): string {
  const step = recording.steps[index];
  if (step === undefined) throw new Error(`no step ${index}`);
  return meaningOf(step, after(index - 1), after(index), recording);
}

interface TimelineOf {
  readonly recording: Recording;
  readonly after: Timeline['after'];
}

async function told(name: string, mode?: Recording['mode']): Promise<TimelineOf> {
  const recording = await recordCase(name, mode);
  const timeline = new Timeline(recording);
  return { recording, after: (index) => timeline.after(index) };
}

const seeded = recordSeed(20, {});

describe('the time line', () => {
  it('has the same state whichever way one comes to a step', async () => {
    const recording = await seeded;
    let knowledge = knowledgeAtStart(recording);
    const forward = recording.steps.map((step) => {
      knowledge = afterStep(knowledge, step, recording.n);
      return knowledge;
    });
    const timeline = new Timeline(recording);
    for (let index = recording.steps.length - 1; index >= 0; index -= 97) {
      expect(timeline.after(index)).toEqual(forward[index]);
    }
    expect(timeline.after(-1)).toEqual(knowledgeAtStart(recording));
    expect(timeline.after(1e9)).toEqual(forward.at(-1));
  });

  it('knows of every slot above the stable checkpoint, and of none below', () => {
    const place = (sequence: number) => ({ view: 0, sequence, digest: 'aa' });
    const common = { atMs: 0, node: 0 } as const;
    const votes = Array.from({ length: 32 }, (_, index) => index + 1).map(
      (sequence): RecordedStep => ({
        ...{ ...common, kind: 'voted', phase: 'prepare', ...place(sequence) },
      }),
    );
    const stable: RecordedStep = {
      ...{ ...common, kind: 'progress' },
      progress: { kind: 'stable-checkpoint', sequence: 8 },
    };
    const knownAfter = (steps: readonly RecordedStep[]): number[] => {
      const known = steps.reduce(
        (all, step) => afterStep(all, step, 4),
        knowledgeAtStart({ n: 4 }),
      );
      return known.nodes[0]?.slots.map(({ sequence }) => sequence) ?? [];
    };
    const all = votes.map((_, index) => index + 1);
    expect(knownAfter(votes)).toEqual(all);
    expect(knownAfter([...votes, stable])).toEqual(all.slice(8));
    expect(knownAfter([stable, ...votes])).toEqual(all.slice(8));
  });

  it('ends where the nodes end', async () => {
    const { recording, after } = await told('checkpoint');
    for (const { lastExecuted, stable, slots } of after(recording.steps.length).nodes) {
      expect({ lastExecuted, stable, slots }).toEqual({ lastExecuted: 2, stable: 2, slots: [] });
    }
  });

  it('keeps over a restart what was on disk', async () => {
    const { recording, after } = await told('restart');
    const started = recording.steps.findIndex(({ kind }) => kind === 'started');
    const { node } = recording.steps[started] as { readonly node: number };
    expect(after(started - 1).nodes[node]).toMatchObject({ up: false });
    const [slot] = after(started).nodes[node]?.slots ?? [];
    expect(slot).toMatchObject({ sequence: 1, prepared: { view: 0 } });
    expect(slot?.votes.find(({ phase }) => phase === 'prepare')?.voters).toEqual([node]);
  });

  it('says which votes made a certificate', async () => {
    const { recording, after } = await told('normal-case-ccro');
    const index = recording.steps.findIndex((step) => step.kind === 'certified' && step.node === 2);
    expect(meaningAt({ recording, after }, index)).toMatch(
      /^Node 2 has the prepare votes of nodes 0, 1, 2 and 3, of all 4, for \w{4}: slot 1 in view 0 is decided at once/,
    );
    const other = recording.steps.findIndex((step) => step.kind === 'certified' && step.node === 1);
    expect(meaningAt({ recording, after }, other)).toContain('takes a certificate that shows');
    const pbft = await told('normal-case-pbft');
    const first = pbft.recording.steps.findIndex(({ kind }) => kind === 'certified');
    expect(meaningAt(pbft, first)).toMatch(/a quorum of 3, .* prepared: no other batch/);
  });

  it('marks the lie, and where it is noticed', async () => {
    for (const mode of ['pbft', 'ccro'] as const) {
      const scene = await told('equivocating-commander', mode);
      const { steps } = scene.recording;
      const all = selected(steps, EVERYTHING);
      const lie = nextMilestone(steps, all, 0, 'lie', 1) ?? -1;
      expect(meaningAt(scene, lie)).toMatch(
        /^Node 0 lies: it proposes \w{4} for slot 1 .* to node 3\. An/,
      );
      const noticed = steps.flatMap((step, index) =>
        isMilestone(step, 'noticed') ? [meaningAt(scene, index)] : [],
      );
      expect(noticed.join()).toContain('node 0 proposed different data to different nodes');
      expect(nextMilestone(steps, all, lie, 'lie', -1)).toBeUndefined();
    }
  });

  it('has words for whatever a run has in it', async () => {
    const stories = ['restart', 'state-transfer', 'silent-commander'];
    const recordings = await Promise.all([seeded, ...stories.map((name) => recordCase(name))]);
    for (const recording of recordings) {
      const timeline = new Timeline(recording);
      recording.steps.forEach((step, index) => {
        const text = meaningOf(step, timeline.after(index - 1), timeline.after(index), recording);
        if (step.kind !== 'note') expect(text).toMatch(/^[A-Z].*\.$/su);
        expect(text).not.toMatch(/undefined|\[object|of nobody/);
      });
    }
  });
});

describe('the steps that are shown', () => {
  it('are those of a node, of a kind, with a word', async () => {
    const { recording } = await told('dead-collector');
    const { steps } = recording;
    expect(selected(steps, EVERYTHING)).toHaveLength(steps.length);
    const votes = selected(steps, { text: 'PREPARE vote', node: 1, topic: 'messages' });
    const from = votes.map((index) => steps[index]);
    expect(votes.length).toBeGreaterThan(0);
    expect(from.every((step) => step?.kind === 'sent' && step.said.phase === 'prepare')).toBe(true);
    const silences = selected(steps, { text: '', node: 2, topic: 'lies' });
    expect(silences.map((index) => steps[index]?.kind)).toContain('withheld');
    expect(selected(steps, { text: 'no such thing', node: undefined, topic: undefined })).toEqual(
      [],
    );
  });

  it('have milestones in both directions', async () => {
    const { recording } = await told('silent-commander');
    const { steps } = recording;
    const all = selected(steps, EVERYTHING);
    for (const milestone of ['decision', 'view', 'lie', 'noticed'] as Milestone[]) {
      const first = nextMilestone(steps, all, -1, milestone, 1);
      expect(first).toBeDefined();
      const last = nextMilestone(steps, all, steps.length, milestone, -1);
      expect(last).toBeGreaterThanOrEqual(first ?? 0);
    }
    // What is not shown is passed over.
    const ofNode = selected(steps, { ...EVERYTHING, node: 2 });
    const [next] = ofNode.filter((at) => steps[at]?.kind === 'executed');
    expect(nextMilestone(steps, ofNode, -1, 'decision', 1)).toBe(next);
    expect(nextMilestone(steps, all, -1, 'decision', 1)).toBeLessThan(next ?? -1);
    expect(nextMilestone(steps, [], -1, 'decision', 1)).toBeUndefined();
  });
});

describe('the address', () => {
  it('names a seed, with what to choose from, or a story', () => {
    expect(sourceIn('?seed=11')).toEqual({ kind: 'seed', seed: 11, choices: {} });
    expect(sourceIn('?seed=3&nodes=7&mode=ccro&signature=bls')).toEqual({
      kind: 'seed',
      seed: 3,
      choices: { nodes: [7], modes: ['ccro'], signatures: ['bls'] },
    });
    expect(sourceIn('?case=start&mode=pbft')).toEqual({
      kind: 'case',
      name: 'start',
      mode: 'pbft',
    });
    for (const none of ['', '?seed=', '?seed=x', '?seed=4294967296']) {
      expect(sourceIn(none)).toBeUndefined();
    }
    expect(sourceIn('?seed=1&nodes=3')).toMatchObject({ choices: {} });
  });

  it('keeps the step', () => {
    expect(stepIn(withStep('?seed=11', 4))).toBe(4);
    expect(sourceIn(withStep('?seed=11&step=9', 4))).toMatchObject({ seed: 11 });
    expect(stepIn('?step=x')).toBeUndefined();
  });
});

it('every story of the simulator can be chosen', () => {
  expect(Object.keys(CASES).toSorted()).toEqual(SCENES.map(({ name }) => name).toSorted());
});
