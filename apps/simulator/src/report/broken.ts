import type { BrokenProtocol } from '@ccro/simulator';
import Table from 'cli-table3';
import colours from 'picocolors';
import type { TaskResult } from '../worker/messages.js';

/** What became of looking for one protocol that is wrong on purpose. */
export interface Search {
  readonly protocol: BrokenProtocol;
  /** The first seed that showed it; undefined when none did. */
  readonly found: TaskResult | undefined;
  /** The seed that was found, counted from the first; or all that were tried. */
  readonly seeds: number;
}

/** `--break list`. */
export function brokenList(protocols: readonly BrokenProtocol[]): string {
  const table = new Table({
    head: ['Name', 'Rule', 'Violates', 'Changed in'],
    style: { head: [], border: [] },
    wordWrap: true,
    colWidths: [null, 52, null, null],
  });
  for (const { name, breaks, violates, edits } of protocols) {
    const files = [...new Set(edits.map(({ file }) => file))];
    table.push([name, breaks, violates.join('\n'), files.join('\n')]);
  }
  return table.toString();
}

/** `--break all`. */
export function searchTable(searches: readonly Search[]): string {
  const table = new Table({
    head: ['Broken rule', 'Found within', 'Violated'],
    style: { head: [], border: [] },
    wordWrap: true,
    colWidths: [null, null, 76],
  });
  for (const search of searches) {
    const [finding] = search.found?.findings ?? [];
    const seeds = `${search.seeds} ${search.seeds === 1 ? 'seed' : 'seeds'}`;
    const what =
      finding === undefined ? colours.red('NOT FOUND') : `${finding.invariant}: ${finding.detail}`;
    table.push([search.protocol.name, seeds, what.slice(0, 150)]);
  }
  return table.toString();
}
