import { planOf, type ExperimentPlan } from '@ccro/experiment';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { ScriptedMeasurer } from '../../../test/scripted-measurer.js';
import type { Experiment, ExperimentState } from '../experiment.js';
import { MAX_UNFINISHED, MAX_UNFINISHED_OF_ONE, type ExperimentQueue } from './experiment-queue.js';

/** How long a test waits for what must happen. */
export const PATIENCE_MS = 9000;

/** A cell for each size and mode. */
export function planFor(...nodes: readonly number[]): ExperimentPlan {
  return planOf({ nodes: [...nodes], fault: 'offline' });
}

/** Waits until the experiment has `state`. */
export function reaching(
  queue: ExperimentQueue,
  id: string,
  state: ExperimentState,
): Promise<Experiment> {
  return vi.waitFor(
    async () => {
      const found = await queue.find(id);
      expect(found?.state).toBe(state);
      return found as Experiment;
    },
    { timeout: PATIENCE_MS, interval: 20 },
  );
}

/** What every `ExperimentQueue` must do. */
export function describeExperimentQueueContract(
  name: string,
  start: (measurer: ScriptedMeasurer) => Promise<ExperimentQueue>,
): void {
  const started: ExperimentQueue[] = [];

  async function open(): Promise<{ queue: ExperimentQueue; measurer: ScriptedMeasurer }> {
    const measurer = new ScriptedMeasurer();
    const queue = await start(measurer);
    started.push(queue);
    await queue.open();
    return { queue, measurer };
  }

  afterEach(async () => {
    await Promise.all(started.splice(0).map((each) => each.close()));
  });

  describe(`${name}: experiments`, () => {
    it('measures all cells in their order and keeps the rows', async () => {
      const { queue, measurer } = await open();
      const added = await queue.add(planFor(7, 4));
      expect(added).toMatchObject({ progress: { cells: 4 }, plan: planFor(4, 7) });
      const ended = await reaching(queue, added.id, 'completed');
      expect(ended.rows.map(({ mode, nodes, outcome }) => [mode, nodes, outcome])).toEqual([
        ['pbft', 4, 'measured'],
        ['ccro', 4, 'measured'],
        ['pbft', 7, 'measured'],
        ['ccro', 7, 'measured'],
      ]);
      expect(ended).toMatchObject({ progress: { done: 4, cells: 4, current: null }, reason: null });
      expect(measurer.begun).toHaveLength(4);
      expect(Date.parse(ended.endedAt ?? '')).toBeGreaterThanOrEqual(
        Date.parse(ended.startedAt ?? ''),
      );
    });

    it('says how far it is, and goes on after a cell that failed', async () => {
      const { queue, measurer } = await open();
      measurer.failingAt = 4;
      measurer.stuckAt = 7;
      const { id } = await queue.add(planFor(4, 7));
      const running = await vi.waitFor(
        async () => {
          const found = await queue.find(id);
          expect(found?.progress.done).toBe(2);
          return found;
        },
        { timeout: PATIENCE_MS },
      );
      expect(running).toMatchObject({
        state: 'running',
        progress: { cells: 4, current: 'pbft, n = 7, 2 offline' },
        rows: [{ outcome: 'failed', reason: 'too many open files' }, { outcome: 'failed' }],
      });
    });

    it('cancels what runs within a second, keeps its rows, and takes up the next', async () => {
      const { queue, measurer } = await open();
      measurer.stuckAt = 7;
      const first = await queue.add(planFor(4, 7));
      const second = await queue.add(planFor(10));
      await vi.waitFor(() => expect(measurer.begun).toHaveLength(3), { timeout: PATIENCE_MS });
      expect((await queue.find(second.id))?.state).toBe('waiting');
      const askedMs = performance.now();
      const cancelled = await queue.cancel(first.id);
      expect(performance.now() - askedMs).toBeLessThan(1000);
      expect(cancelled).toMatchObject({ state: 'cancelled', progress: { done: 2 } });
      await reaching(queue, second.id, 'completed');
      expect(await queue.find(first.id)).toEqual(cancelled);
      expect(measurer.underWay).toBe(0);
      expect(measurer.begun.map(({ nodes }) => nodes)).toEqual([4, 4, 7, 10, 10]);
    });

    it('never starts what is cancelled while it waits, and leaves alone what has ended', async () => {
      const { queue, measurer } = await open();
      measurer.stuckAt = 7;
      const first = await queue.add(planFor(7));
      const second = await queue.add(planFor(4));
      expect(await queue.cancel(second.id)).toMatchObject({ state: 'cancelled', rows: [] });
      await queue.cancel(first.id);
      const third = await queue.add(planFor(10));
      const ended = await reaching(queue, third.id, 'completed');
      expect(measurer.begun.some(({ nodes }) => nodes === 4)).toBe(false);
      expect(await queue.cancel(third.id)).toEqual(ended);
      expect(await queue.cancel('00000000-0000-0000-0000-000000000000')).toBeUndefined();
    });

    it('lists what it keeps, the newest first, and knows nothing else', async () => {
      const { queue, measurer } = await open();
      measurer.stuckAt = 7;
      const ids: string[] = [];
      for (const nodes of [4, 7, 10]) {
        ids.push((await queue.add(planFor(nodes))).id);
        await vi.waitFor(() => expect(measurer.begun.length).toBeGreaterThan(0));
      }
      await vi.waitFor(
        async () => {
          const listed = await queue.list();
          expect(listed.map(({ id }) => id)).toEqual([...ids].reverse());
          expect(listed.map(({ state }) => state)).toEqual(['waiting', 'running', 'completed']);
        },
        { timeout: PATIENCE_MS },
      );
      for (const unknown of ['', 'meta', 'events', '1', 'a:b']) {
        expect(await queue.find(unknown)).toBeUndefined();
      }
    });

    it('refuses more than may wait', async () => {
      const { queue, measurer } = await open();
      measurer.stuckAt = 4;
      for (let added = 0; added < MAX_UNFINISHED; added += 1) await queue.add(planFor(4));
      await expect(queue.add(planFor(4))).rejects.toMatchObject({ code: 'overloaded' });
      const [waiting] = await queue.list();
      await queue.cancel(waiting?.id ?? '');
      expect(await queue.add(planFor(4))).toMatchObject({ state: 'waiting' });
    });

    it('I26: refuses more than may wait, however many come at a time', async () => {
      const { queue, measurer } = await open();
      measurer.stuckAt = 4;
      const asked = Array.from({ length: 2 * MAX_UNFINISHED_OF_ONE }, () =>
        Promise.allSettled([queue.add(planFor(4), 'ann'), queue.add(planFor(4))]),
      );
      const [anns, others] = [0, 1].map((at) =>
        asked.map(async (both) => (await both)[at]?.status === 'fulfilled'),
      );
      const accepted = async (each: readonly Promise<boolean>[] = []): Promise<number> =>
        (await Promise.all(each)).filter(Boolean).length;
      expect(await accepted(anns)).toBe(MAX_UNFINISHED_OF_ONE);
      expect(await accepted(others)).toBe(2 * MAX_UNFINISHED_OF_ONE);
      const more = Array.from({ length: MAX_UNFINISHED }, () => queue.add(planFor(4)));
      const left = (await Promise.allSettled(more)).filter(({ status }) => status === 'fulfilled');
      expect(left).toHaveLength(MAX_UNFINISHED - 3 * MAX_UNFINISHED_OF_ONE);
    });

    it('accepts nothing after close, and leaves nothing running', async () => {
      const { queue, measurer } = await open();
      measurer.stuckAt = 4;
      await queue.add(planFor(4));
      await vi.waitFor(() => expect(measurer.underWay).toBe(1), { timeout: PATIENCE_MS });
      await queue.close();
      expect(measurer.underWay).toBe(0);
      await expect(queue.add(planFor(4))).rejects.toMatchObject({ code: 'closed' });
    });
  });
}
