import { maxFaulty, quorumSize } from '@ccro/consensus';
import { FAULT_KINDS } from '@ccro/faults';
import { describe, expect, it } from 'vitest';
import { rememberSignatures } from '../remember-signatures.js';
import { Trace } from '../trace/trace.js';
import { ALL_CHOICES, drawSchedule } from './draw-schedule.js';
import { runSchedule } from './run-schedule.js';
import { NO_STATISTICS, sumOf } from './statistics.js';
import type { Schedule } from './schedule.js';

rememberSignatures();

const MANY = Array.from({ length: 400 }, (_, seed) => drawSchedule(seed));

async function traceOf(schedule: Schedule): Promise<Trace> {
  const trace = new Trace();
  await runSchedule(schedule, trace);
  return trace;
}

describe('schedules', () => {
  it('follow from the seed alone', () => {
    expect(drawSchedule(7)).toEqual(drawSchedule(7));
    expect(drawSchedule(7)).not.toEqual(drawSchedule(8));
    expect(drawSchedule(7, ALL_CHOICES)).toEqual(drawSchedule(7));
  });

  it('have every kind of step, fault, mode and size among them', () => {
    const steps = new Set(MANY.flatMap((each) => each.steps.map(({ step }) => step.kind)));
    expect([...steps].sort()).toEqual([
      'broker-away',
      'broker-back',
      'crash',
      'crash-when',
      'cut',
      'fault',
      'network',
      'outsider',
      'restart',
      'submit',
      'submit-lists',
      'submit-scattered',
      'submit-twice',
      'wipe',
    ]);
    const faults = new Set(MANY.flatMap(({ faulty }) => [...faulty.values()]));
    expect([...faults].sort()).toEqual([...FAULT_KINDS, 'byzantine'].sort());
    const clusters = new Set(MANY.map(({ mode, nodes }) => `${mode} ${nodes}`));
    const sizes = [4, 5, 6, 7, 8, 9, 10];
    const all = sizes.flatMap((nodes) => [`ccro ${nodes}`, `pbft ${nodes}`]);
    expect([...clusters].sort()).toEqual(all.sort());
    const smallest = MANY.filter(({ nodes }) => nodes === 4);
    expect(smallest.length).toBeGreaterThan(MANY.length / 2);
    const isolations = MANY.filter((each) => each.isolations.length > 0);
    expect(isolations.length).toBeGreaterThan(MANY.length / 10);
    const switches = new Set(
      MANY.map(({ mode, signature, signedTogether, tuning }) =>
        [mode, signature, signedTogether, tuning.fastPath].join(),
      ),
    );
    expect(switches.size).toBe(2 * 2 * 3 * 2);
  });

  it('stay within what the protocol promises to bear', () => {
    for (const { nodes, faulty, isolations, steps, safetyMs } of MANY) {
      expect(faulty.size).toBeLessThanOrEqual(maxFaulty(nodes));
      for (const { witness } of isolations) expect(faulty.has(witness)).toBe(false);
      for (const { atMs, step } of steps) {
        expect(atMs).toBeLessThanOrEqual(safetyMs + 30);
        if (step.kind === 'fault' || step.kind === 'wipe') {
          expect(faulty.has(step.replica)).toBe(true);
        }
      }
      expect(steps.map(({ atMs }) => atMs)).toEqual(
        steps.map(({ atMs }) => atMs).sort((a, b) => a - b),
      );
    }
  });

  it('cut clusters so that no side has a quorum, among other ways', () => {
    const cuts = MANY.flatMap(({ nodes, steps }) =>
      steps.flatMap(({ step }) =>
        step.kind === 'cut' && / from the rest$/.test(step.what)
          ? [{ nodes, side: step.what.split(',').length }]
          : [],
      ),
    );
    expect(cuts.length).toBeGreaterThan(10);
    for (const { nodes, side } of cuts) {
      expect(Math.max(side, nodes - side)).toBeLessThan(quorumSize(nodes));
    }
  });

  it('keep to the choices they are given', () => {
    const choices = {
      modes: ['pbft'],
      nodes: [10],
      signatures: ['bls'],
      fastPath: [false],
      signedTogether: [5],
    } as const;
    const drawn = Array.from({ length: 60 }, (_, seed) => drawSchedule(seed, choices));
    for (const { mode, nodes, signature, tuning, signedTogether } of drawn) {
      const values = [mode, nodes, signature, tuning.fastPath, signedTogether];
      expect(values).toEqual(['pbft', 10, 'bls', false, 5]);
    }
  });
});

describe('runs', () => {
  it.each([6, 13, 20])(
    'of seed %i are the same to the last line',
    { timeout: 60_000 },
    async (seed) => {
      const [one, other] = [await traceOf(drawSchedule(seed)), await traceOf(drawSchedule(seed))];
      expect(one.lines.length).toBeGreaterThan(50);
      expect(other.lines).toEqual(one.lines);
      expect(other.hash).toBe(one.hash);
      expect((await traceOf(drawSchedule(seed + 1))).hash).not.toBe(one.hash);
    },
  );

  it('are not changed by being traced', async () => {
    const schedule = drawSchedule(7);
    const traced = await runSchedule(schedule, new Trace());
    expect(await runSchedule(schedule)).toEqual(traced);
  });

  it('go through everything, and nothing is violated', { timeout: 180_000 }, async () => {
    let sum = NO_STATISTICS;
    for (let seed = 1; seed <= 24; seed += 1) {
      const report = await runSchedule(drawSchedule(seed));
      expect(report.violations.map(({ message }) => `seed ${seed}: ${message}`)).toEqual([]);
      sum = sumOf(sum, report.statistics);
    }
    for (const count of Object.values(sum)) expect(count).toBeGreaterThan(0);
  });

  it('that never come to an end are liveness violations', async () => {
    const schedule = drawSchedule(1, { modes: ['pbft'], nodes: [4] });
    const nobodyLeft = { ...schedule, faulty: new Map(), livenessMs: 1 };
    const { violations } = await runSchedule({
      ...nobodyLeft,
      steps: [
        { atMs: 0, step: { kind: 'crash', replicas: [0, 1, 2, 3] } },
        { atMs: 1, step: { kind: 'submit', client: 'gateway', operation: '{}' } },
      ],
    });
    expect(violations.map(({ invariant }) => invariant)).toEqual(['liveness']);
  });
});
