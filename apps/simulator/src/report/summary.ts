import { NO_STATISTICS, sumOf, type Statistics } from '@ccro/simulator';
import Table from 'cli-table3';
import type { TaskResult } from '../worker/messages.js';

interface Row {
  runs: number;
  violated: number;
  cpuMs: number;
  statistics: Statistics;
}

/** Adds up what the runs of a sweep went through, by kind of cluster. */
export class Summary {
  private readonly rows = new Map<string, Row>();

  add({ cluster, findings, cpuMs, statistics }: TaskResult): void {
    const row = this.rows.get(cluster) ?? {
      runs: 0,
      violated: 0,
      cpuMs: 0,
      statistics: NO_STATISTICS,
    };
    this.rows.set(cluster, row);
    row.runs += 1;
    row.violated += findings.length > 0 ? 1 : 0;
    row.cpuMs += cpuMs;
    row.statistics = sumOf(row.statistics, statistics);
  }

  /** One row for each kind of cluster. Time is processor time for one run. */
  table(): string {
    const table = new Table({
      head: [
        'Cluster',
        'Runs',
        'Violated',
        'With BLS',
        'Requests',
        'Signed together',
        'Slots',
        'Decided fast',
        'View changes',
        'Restarts',
        'Checkpoints',
        'States fetched',
        'Null batches',
        'Time',
      ],
      style: { head: [], border: [] },
    });
    const ordered = [...this.rows].sort(([a], [b]) => (a < b ? -1 : 1));
    for (const [cluster, { runs, violated, cpuMs, statistics }] of ordered) {
      const { requests, signedTogether, slots, fastSlots, blsRuns } = statistics;
      const { views, restarts, checkpoints, transfers, nullBatches } = statistics;
      const counts = [
        share(blsRuns, runs),
        requests,
        share(signedTogether, requests),
        slots,
        share(fastSlots, slots),
        ...[views, restarts, checkpoints, transfers, nullBatches],
      ];
      const time = `${(cpuMs / runs / 1000).toFixed(2)} s`;
      table.push([cluster, runs, violated, ...counts, time]);
    }
    return table.toString();
  }
}

function share(part: number, whole: number): string {
  return whole === 0 ? '0 %' : `${Math.round((100 * part) / whole)} %`;
}
