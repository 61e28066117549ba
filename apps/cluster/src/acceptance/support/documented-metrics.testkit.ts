import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ROOT } from './programs.testkit.js';

export interface Metric {
  readonly name: string;
  readonly type: string;
  /** Ascending. */
  readonly labels: readonly string[];
  readonly help: string;
}

/** Rows of the table below a heading of docs/METRICS.md; there always are some. */
export async function documentedMetrics(
  heading: 'Of a node' | 'Of the gateway',
): Promise<Metric[]> {
  const text = await readFile(join(ROOT, 'docs/METRICS.md'), 'utf8');
  const [, section = ''] = text.split(`## ${heading}\n`);
  const [own = ''] = section.split('\n## ');
  const rows = own.matchAll(/^\| `(\w+)` +\| (\w+) +\| (.*?) *\| (.*?) *\|$/gm);
  const metrics = [...rows].map(([, name = '', type = '', labels = '', help = '']) => ({
    name,
    type,
    labels: [...labels.matchAll(/`(\w+)`/g)].map(([, label = '']) => label).sort(),
    help,
  }));
  if (metrics.length === 0) throw new Error(`docs/METRICS.md has no table below ${heading}`);
  return metrics;
}
