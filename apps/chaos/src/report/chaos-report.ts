/** What a chaos run is told as: on the terminal, and as Markdown. */

import pc from 'picocolors';
import { hasPassed, type CheckResult } from '../checks/check.js';
import type { Recovery, RecoverySummary } from '../checks/check-recovery.js';
import { atSeconds, duration, quantile } from '@ccro/figures';
import { CHAOS_FAULTS, describeFault } from '../faults/planned-fault.js';
import type { ChaosOptions } from '../options/options.js';
import type { ChaosResult } from '../run-chaos.js';
import type { Incident } from '../timeline.js';
import type { Call } from '../workload/history.js';
import { markdownTable, terminalTable, type Rows } from './tables.js';

/** Findings of one check that are shown; the rest is counted. */
const MAX_FINDINGS = 12;
/** Characters of a note that a terminal shows; the report has all of them. */
const MAX_NOTE = 60;
const FAULTS_TITLE = 'Faults: how often each struck, and how it showed';
const RECOVERY_TITLE =
  'Recovery: from the fault to the next decision, less what a call took before';

/** How to do the same again. */
export function commandLine(options: ChaosOptions): string {
  const { minutes, seed, nodes, mode, signature } = options;
  const { durability, gateways, checkpointInterval, only } = options;
  const isNarrowed = only.length < CHAOS_FAULTS.length;
  return (
    `npm run chaos -- --minutes ${minutes} --seed ${seed} --nodes ${nodes} --mode ${mode} ` +
    `--signature ${signature} ` +
    `--durability ${durability} --gateways ${gateways} --checkpoint-interval ${checkpointInterval}` +
    (isNarrowed ? ` --only ${only.join()}` : '')
  );
}

export function terminalReport(options: ChaosOptions, result: ChaosResult): string {
  const { recoveries, recoverySummaries, history, checks } = result;
  return [
    pc.bold('Timeline'),
    terminalTable(timelineRows(recoveries, shortened)),
    '* other faults at the time',
    pc.bold(FAULTS_TITLE),
    terminalTable(faultRows(result.timeline.incidents, shortened)),
    pc.bold(RECOVERY_TITLE),
    terminalTable(recoveryRows(recoverySummaries)),
    pc.bold('Answers'),
    terminalTable(answerRows(history.calls)),
    totals(result),
    '',
    pc.bold('Checks'),
    ...checks.flatMap(terminalCheck),
    '',
    checks.every(hasPassed)
      ? pc.green(`PASSED  ${commandLine(options)}`)
      : pc.red(`FAILED  replay with: ${commandLine(options)}`),
  ].join('\n');
}

export function markdownReport(options: ChaosOptions, result: ChaosResult): string {
  const { recoveries, recoverySummaries, history, checks } = result;
  return [
    `# Chaos run, seed ${options.seed}: ${checks.every(hasPassed) ? 'passed' : 'FAILED'}`,
    '',
    `\`${commandLine(options)}\``,
    '',
    totals(result),
    '',
    '## Checks',
    '',
    ...checks.flatMap((check) => [
      `- ${hasPassed(check) ? 'passed' : '**FAILED**'}: ${check.name} (${check.summary})`,
      ...check.findings.map((finding) => `  - ${finding}`),
    ]),
    '',
    `## ${FAULTS_TITLE}`,
    '',
    markdownTable(faultRows(result.timeline.incidents, (note) => note)),
    `## ${RECOVERY_TITLE}`,
    '',
    markdownTable(recoveryRows(recoverySummaries)),
    '## Timeline',
    '',
    markdownTable(timelineRows(recoveries, (note) => note)),
    '\\* other faults at the time',
    '',
    '## Answers',
    '',
    markdownTable(answerRows(history.calls)),
  ].join('\n');
}

/** The timeline as data. */
export function timelineJson(options: ChaosOptions, { recoveries, timeline }: ChaosResult): string {
  const incidents = recoveries.map(({ incident, decidedAfterMs, isOverlapped }) => ({
    ...incident,
    decidedAfterMs: decidedAfterMs ?? null,
    isOverlapped,
  }));
  return `${JSON.stringify({ options, incidents, findings: timeline.findings }, null, 2)}\n`;
}

/** One line when a fault strikes. */
export function injectedLine({ startMs, target, role, view, fault }: Incident): string {
  const part = role === undefined ? '' : ` (${role}, view ${view})`;
  return `${atSeconds(startMs).padStart(8)}  ${target}${part}: ${describeFault(fault)}`;
}

/** One line when it is over. */
export function overLine({ number, target, startMs, overMs, notes }: Incident): string {
  const rest = notes.map((note) => `; ${shortened(note)}`).join('');
  const tookMs = overMs === undefined ? undefined : overMs - startMs;
  return (
    `${atSeconds(overMs).padStart(8)}  ${target} has recovered, ${duration(tookMs)} after ` +
    `incident ${number} began${rest}`
  );
}

function totals({ history, durationMs, slots }: ChaosResult): string {
  const answered = history.calls.filter(({ decided }) => decided !== undefined);
  const timesMs = answered
    .filter(({ isBelated }) => !isBelated)
    .map(({ startMs, endMs }) => (endMs ?? NaN) - startMs);
  const perSecond = (answered.length / durationMs) * 1000;
  return (
    `${history.calls.length} calls, ${answered.length} answered, ${slots} slots decided, ` +
    `${perSecond.toFixed(1)} requests/s; a call took ${duration(quantile(timesMs, 0.5))} ` +
    `(p50), ${duration(quantile(timesMs, 0.95))} (p95), ${duration(quantile(timesMs, 1))} at most.`
  );
}

function shortened(note: string): string {
  return note.length <= MAX_NOTE ? note : `${note.slice(0, MAX_NOTE)}...`;
}

function timelineRows(recoveries: readonly Recovery[], showNote: (note: string) => string): Rows {
  return {
    head: ['#', 'at', 'whom', 'view', 'fault', 'decided again', 'recovered after', 'notes'],
    rows: recoveries.map(({ incident, decidedAfterMs, isOverlapped }) => {
      const { number, startMs, overMs, target, role, view, fault, showed, notes } = incident;
      return [
        String(number),
        atSeconds(startMs),
        role === undefined ? target : `${target} (${role})`,
        String(view ?? '-'),
        describeFault(fault),
        `${duration(decidedAfterMs ?? Infinity)}${isOverlapped ? ' *' : ''}`,
        duration(overMs === undefined ? Infinity : overMs - startMs),
        [...notes, ...(showed === undefined ? [] : [showed])].map(showNote).join('; '),
      ];
    }),
  };
}

/** Every kind that there is, also those that did not strike. Exported for tests. */
export function faultRows(
  incidents: readonly Incident[],
  showNote: (note: string) => string,
): Rows {
  return {
    head: ['fault', 'struck', 'nodes', 'gateways', 'showed', 'how, the last time'],
    rows: CHAOS_FAULTS.map((kind) => {
      const ofKind = incidents.filter(({ fault }) => fault.kind === kind);
      const on = (target: string): string =>
        String(ofKind.filter((each) => each.target.startsWith(target)).length);
      const shown = ofKind.flatMap(({ showed }) => showed ?? []);
      return [
        ...[kind, String(ofKind.length), on('node'), on('gateway'), String(shown.length)],
        showNote(shown.at(-1) ?? ''),
      ];
    }),
  };
}

function recoveryRows(summaries: readonly RecoverySummary[]): Rows {
  return {
    head: ['what', 'times', 'p50', 'p95', 'max', 'allowed (p95)'],
    rows: summaries.map(({ what, count, p50Ms, p95Ms, maxMs, boundMs }) => [
      what,
      String(count),
      duration(p50Ms),
      duration(p95Ms),
      duration(maxMs),
      duration(boundMs),
    ]),
  };
}

/** How the attempts of all calls ended. */
function answerRows(calls: readonly Call[]): Rows {
  const counts = new Map<string, number>();
  for (const { question, attempts } of calls) {
    for (const { result } of attempts) {
      const what = `${question.kind}\t${typeof result === 'number' ? `HTTP ${result}` : result}`;
      counts.set(what, (counts.get(what) ?? 0) + 1);
    }
  }
  return {
    head: ['asked', 'answer', 'times'],
    rows: [...counts]
      .sort(([left], [right]) => left.localeCompare(right))
      .map(([what, count]) => [...what.split('\t'), String(count)]),
  };
}

function terminalCheck(check: CheckResult): string[] {
  const { name, summary, findings } = check;
  const mark = hasPassed(check) ? pc.green('ok    ') : pc.red('FAILED');
  const shown = findings.slice(0, MAX_FINDINGS).map((finding) => `         - ${finding}`);
  const rest = findings.length - shown.length;
  return [
    `${mark} ${name} (${summary})`,
    ...shown,
    ...(rest > 0 ? [`         and ${rest} more; --out writes them all`] : []),
  ];
}
