import { primaryOf } from '@ccro/consensus';
import { setTimeout as delay } from 'node:timers/promises';
import { GatewayApi, type SubmissionAnswer } from '../gateway-api.js';
import { startCluster } from '../launch/start-cluster.js';
import {
  comparisonTable,
  type CaseResult,
  type ComparisonRow,
} from '../report/comparison-table.js';
import { accusationLines } from '../report/consensus-report.js';
import type { DemoCase } from './cases.js';
import { checkDecisions, DEMO_DATA } from './check-decisions.js';

/** How long late votes may take to arrive before tallies and evidence are read. */
const SETTLING_MS = 250;

/** What a case came to. */
interface CaseOutcome {
  readonly row: ComparisonRow;
  /** Why the case failed; empty when it went as it must. */
  readonly failures: readonly string[];
}

/** Where the demo writes: results to `print`, progress to `progress`. */
interface DemoOutput {
  print(text: string): void;
  progress(line: string): void;
}

/**
 * Runs the cases one after another and prints one table.
 *
 * @returns the exit code: 0 only if everything decided was right and what had to be decided was
 */
export async function runDemo(cases: readonly DemoCase[], output: DemoOutput): Promise<number> {
  const rows: ComparisonRow[] = [];
  const failures: string[] = [];
  for (const [index, demoCase] of cases.entries()) {
    const name = `${demoCase.options.mode.toUpperCase()}, ${demoCase.scenario}`;
    output.progress(`[${index + 1}/${cases.length}] ${name} ...`);
    const outcome = await runCase(demoCase);
    rows.push(outcome.row);
    failures.push(...outcome.failures.map((failure) => `${name}: ${failure}`));
  }
  output.print(comparisonTable(rows));
  for (const failure of failures) output.print(`FAILED ${failure}`);
  output.print(
    failures.length === 0 ? 'Every decision was right.' : `${failures.length} failures.`,
  );
  return failures.length === 0 ? 0 : 1;
}

/** Runs one case on a cluster of its own. */
async function runCase(demoCase: DemoCase): Promise<CaseOutcome> {
  const { options, scenario } = demoCase;
  const fatal: unknown[] = [];
  const cluster = await startCluster(options, {
    onNotice: () => undefined,
    onFatal: (error) => fatal.push(error),
  });
  try {
    const gateway = new GatewayApi(cluster.gatewayUrl);
    const outcome = await gateway.submit({ data: DEMO_DATA });
    const traffic =
      outcome.kind === 'decided' ? await cluster.trafficOf(outcome.answer.sequence) : undefined;
    await delay(SETTLING_MS);
    const wrong = await checkDecisions(cluster, gateway, options.faulty, outcome);
    const evidence = await gateway.evidence();
    const suspects = await gateway.suspects();
    return {
      failures: [
        ...wrong,
        ...(outcome.kind === 'decided' ? [] : [`not decided: ${outcome.detail}`]),
        ...fatal.map((error) => `a node stopped: ${String(error)}`),
      ],
      row: {
        mode: options.mode,
        scenario,
        result: resultOf(outcome, wrong),
        primary: primariesOf(outcome),
        consensusTimeMs: outcome.kind === 'decided' ? outcome.answer.consensusTimeMs : undefined,
        deliveries: traffic?.deliveries ?? 0,
        deliveredBytes: traffic?.deliveredBytes ?? 0,
        nodes: evidence.map(({ id, tally }) => ({
          id,
          correct: tally?.correct ?? null,
          corrupt: tally?.corrupt ?? null,
        })),
        accused: accusationLines(suspects),
      },
    };
  } finally {
    await cluster.close();
  }
}

/** Who was primary at first, and who is now if that is another node. */
function primariesOf(outcome: SubmissionAnswer): string {
  if (outcome.kind !== 'decided') return '-';
  const { view, nodes } = outcome.answer;
  const now = primaryOf(view, nodes.length);
  return view === 0 ? String(now) : `${primaryOf(0, nodes.length)}, then ${now}`;
}

function resultOf(outcome: SubmissionAnswer, wrong: readonly string[]): CaseResult {
  if (wrong.length > 0) return 'wrong';
  return outcome.kind === 'decided' ? 'right' : 'pending';
}
