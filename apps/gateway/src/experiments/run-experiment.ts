/**
 * What every queue does with an experiment when its turn comes.
 *
 * Invariant: a row is kept before the next cell begins, and rows are only ever added, so that a
 * worker that continues the experiment repeats only the cell that was under way.
 */

import { anyOf, Quit } from '@ccro/clock';
import { cellsOf, runCells, type CellMeasurer, type ExperimentRow } from '@ccro/experiment';
import { errorMessage } from '@ccro/foreign-text';
import type { Account, Order } from './experiment.js';

export interface ExperimentRun {
  readonly order: Order;
  /** What an earlier run left behind. */
  readonly account: Account | undefined;
  readonly createMeasurer: () => CellMeasurer;
  /** Aborts when the experiment is cancelled. */
  readonly cancelling: AbortSignal;
  /** Aborts when this process ends: the experiment waits for the next one. */
  readonly closing: AbortSignal;
  readonly save: (account: Account) => Promise<void>;
}

type End = Omit<NonNullable<Account['ended']>, 'atMs'>;

/** @throws Quit when `closing` aborts, or what `save` throws */
export async function runExperiment(run: ExperimentRun): Promise<void> {
  const { order, account, save } = run;
  if (account?.ended !== undefined || order.cancelled === true) return;
  const kept = {
    startedAtMs: account?.startedAtMs ?? Date.now(),
    rows: [...(account?.rows ?? [])],
  };
  if (account === undefined) await save(kept);
  const ended = await measure(run, kept);
  await save({ ...kept, ended: { ...ended, atMs: Date.now() } });
}

async function measure(
  { order, createMeasurer, cancelling, closing, save }: ExperimentRun,
  kept: Account,
): Promise<End> {
  let couldSave = true;
  const onRow = async (row: ExperimentRow): Promise<void> => {
    kept.rows.push(row);
    couldSave = false;
    await save(kept);
    couldSave = true;
  };
  let measurer: CellMeasurer | undefined;
  // `closing` is of the process and sees many experiments end.
  const over = new AbortController();
  try {
    measurer = createMeasurer();
    const signal = anyOf(cancelling, closing, over.signal);
    const [cells, done] = [cellsOf(order.plan), [...kept.rows]];
    await runCells({ cells, done, measurer, signal, onCell: () => undefined, onRow });
    return { state: 'completed' };
  } catch (error) {
    if (!couldSave || (error instanceof Quit && !cancelling.aborted)) throw error;
    if (error instanceof Quit) return { state: 'cancelled' };
    return { state: 'failed', reason: errorMessage(error) };
  } finally {
    over.abort();
    await measurer?.close();
  }
}
