import { describe, expect, it } from 'vitest';
import { drawSchedule } from '../schedule/draw-schedule.js';
import { runSchedule } from '../schedule/run-schedule.js';
import type { Choices } from '../schedule/schedule.js';
import { rememberSignatures } from '../remember-signatures.js';
import { readTrace } from '../trace/read-trace.js';
import { Trace } from '../trace/trace.js';
import { CASES, recordCase, recordSeed } from './record-run.js';
import type { Happening, RecordedStep, Recording } from './recording.js';

rememberSignatures();

async function traceOf(seed: number, choices: Partial<Choices> = {}): Promise<Trace> {
  const trace = new Trace();
  await runSchedule(drawSchedule(seed, choices), trace);
  return trace;
}

type Of<K extends Happening['kind']> = Extract<RecordedStep, { kind: K }>;

function ofKind<K extends Happening['kind']>({ steps }: Recording, kind: K): Of<K>[] {
  return steps.filter((step): step is Of<K> => step.kind === kind);
}

describe('a recording', () => {
  it('is of the run that its seed gives, and can travel', async () => {
    const progress: number[] = [];
    const recording = await recordSeed(20, {}, (steps) => progress.push(steps));
    const trace = await traceOf(20);
    expect(recording.hash).toBe(trace.hash);
    expect(recording).toMatchObject({ n: 4, f: 1, quorum: 3, mode: 'ccro', violations: [] });
    expect(progress.at(-1)).toBe(recording.steps.length);
    expect(structuredClone(recording)).toEqual(recording);
    const restarts = ofKind(await recordCase('restart'), 'started');
    expect(restarts.some(({ voted }) => voted.length > 0)).toBe(true);
  });

  it('knows which of two proposals is the lie, and who found out', async () => {
    for (const mode of ['pbft', 'ccro'] as const) {
      const recording = await recordCase('equivocating-commander', mode);
      const proposals = ofKind(recording, 'sent').filter(
        ({ from, said }) => from === 0 && said.kind === 'pre-prepare',
      );
      expect(proposals.map(({ to, lie }) => ({ to, lie }))).toEqual([
        { to: 1, lie: false },
        { to: 2, lie: false },
        { to: 3, lie: true },
      ]);
      expect(ofKind(recording, 'fault')).toMatchObject([{ node: 0, fault: 'equivocate' }]);
      const found = ofKind(recording, 'evidence').map(({ accused, what }) => `${accused} ${what}`);
      expect(found).toContain('0 conflicting-proposals');
      const told = new Set(ofKind(recording, 'accepted').map(({ digest }) => digest));
      expect(told.size).toBe(2);
    }
  });

  it('shows what a silent node does not say, and what the others do about it', async () => {
    const recording = await recordCase('dead-collector');
    expect(ofKind(recording, 'withheld').every(({ node }) => node === 2)).toBe(true);
    expect(ofKind(recording, 'withheld').length).toBeGreaterThan(0);
    const [first] = ofKind(recording, 'certified').filter(({ phase }) => phase === 'prepare');
    expect(first?.signers).toEqual([0, 1, 3]);
    expect(ofKind(recording, 'decided').map(({ sequence }) => sequence)).toEqual([1, 2]);
  });

  it('can be made of every case', async () => {
    for (const { name, mode } of CASES) {
      const { steps, begins, violations } = await recordCase(name);
      expect({ name, mode, violations }).toEqual({ name, mode, violations: [] });
      expect(begins).toBeLessThan(steps.length);
    }
    await expect(recordCase('none')).rejects.toThrow(RangeError);
  });
});

describe('a trace that was written down', () => {
  it('says how to have its run again', async () => {
    const { lines } = await traceOf(20);
    const read = readTrace(`${lines.join('\n')}\n`);
    expect(read?.source).toEqual({ seed: 20, choices: {} });
    expect(read?.lines).toHaveLength(lines.length);
    const choices = { nodes: [4], modes: ['ccro'], signatures: ['ed25519'] } as const;
    const narrowed = await traceOf(3, choices);
    const again = readTrace(narrowed.lines.join('\n'));
    expect(again?.source).toEqual({ seed: 3, choices });
    expect((await recordSeed(3, again?.source?.choices ?? {})).hash).toBe(narrowed.hash);
  });

  it.each([
    '{"nodes":[100000]}',
    '{"nodes":[4.5]}',
    '{"nodes":"4"}',
    '{"nodes":[]}',
    `{"nodes":[${'4,'.repeat(5000)}4]}`,
    '{"signedTogether":[1000000]}',
    '{"modes":["raft"]}',
    '{"fastPath":[1]}',
    '{"__proto__":[4]}',

    '{nodes}',
  ])('I12: is not run again with what nobody can choose: %s', (drawn) => {
    const lines = ['seed 1: ccro, 4 nodes, some faulty', `drawn from ${drawn}`];
    const read = readTrace(lines.map((text) => `     0.000 ms  ${text}`).join('\n'));
    expect(read?.source).toBeUndefined();
    expect(read?.lines).toHaveLength(2);
  });

  it('is told from other files', () => {
    expect(readTrace('{"format":"ccro-receipt/1"}')).toBeUndefined();
    expect(readTrace('')).toBeUndefined();
    expect(readTrace('     1.000 ms  node 1 did something')).toEqual({
      source: undefined,
      lines: [{ atMs: 1, text: 'node 1 did something' }],
    });
  });
});
