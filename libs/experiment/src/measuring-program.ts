/**
 * The program of the measuring process: takes an order, starts a cluster for it, measures, closes it.
 * It belongs to the process that started it: it ends when that one ends, in any way, and leaves
 * signals from the terminal to it.
 */

import { errorMessage } from '@ccro/foreign-text';
import { compileAll, faultyNodes, measureDecisions, observeDecision } from '@ccro/measurement';
import { COMPARISON_BOUND_MS, type Observation, type Observed } from './comparison.js';
import { orderSchema, type MeasuringOrder, type MeasuringReport } from './measuring-messages.js';
import type { Cell } from './plan.js';
import type { CellFigures } from './row.js';

/** As `npm run bench -- faults --quick` has it. */
const WARM_UP_MS = 200;

const never = new AbortController().signal;
let isWarm = false;

async function carryOut(order: MeasuringOrder): Promise<MeasuringReport> {
  if (!isWarm) await compileAll(never, WARM_UP_MS);
  isWarm = true;
  switch (order.kind) {
    case 'measure':
      return { kind: 'measured', figures: await measure(order.cell) };
    case 'observe':
      return { kind: 'observed', decision: await observe(order.observation) };
  }
}

/** The report's schema leaves out what no cell has. */
async function measure(cell: Cell): Promise<CellFigures> {
  const { mode, nodes, byzantine, fault, payloadBytes, rounds } = cell;
  const budget = { atLeast: rounds, atMost: rounds, budgetMs: 0, warmUpMs: WARM_UP_MS };
  const faults = faultyNodes(nodes, byzantine, fault);
  const plan = { mode, nodes, faults, operationBytes: payloadBytes };
  const figures = await measureDecisions(plan, budget, never);
  return { ...figures, messages: figures.deliveries };
}

function observe(observation: Observation): Promise<Observed> {
  const { mode, nodes, byzantine, fault, operation } = observation;
  const plan = { mode, nodes, operation, faults: faultyNodes(nodes, byzantine, fault) };
  return observeDecision({ ...plan, boundMs: COMPARISON_BOUND_MS }, never);
}

function report(message: MeasuringReport): void {
  process.send?.(message);
}

process.on('message', (order) => {
  carryOut(orderSchema.parse(order)).then(report, (error: unknown) =>
    report({ kind: 'failed', reason: errorMessage(error) }),
  );
});
process.on('disconnect', () => process.exit());
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => undefined);
