/** docs/METRICS.md against what nodes and gateway expose, both ways, and monitoring/ against both. */

import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT } from './support/programs.contract.js';
import { launchCluster } from './support/test-cluster.contract.js';

interface Metric {
  readonly name: string;
  readonly type: string;
  readonly labels: readonly string[];
  readonly help: string;
}

/** Rows of the table below a heading of docs/METRICS.md. */
async function documented(heading: string): Promise<Metric[]> {
  const text = await readFile(join(ROOT, 'docs/METRICS.md'), 'utf8');
  const [, section = ''] = text.split(`## ${heading}\n`);
  const [own = ''] = section.split('\n## ');
  const rows = own.matchAll(/^\| `(\w+)` +\| (\w+) +\| (.*?) *\| (.*?) *\|$/gm);
  return [...rows].map(([, name = '', type = '', labels = '', help = '']) => ({
    name,
    type,
    labels: [...labels.matchAll(/`(\w+)`/g)].map(([, label = '']) => label).sort(),
    help,
  }));
}

/** What a program exposes, in the text format of Prometheus. */
function exposed(text: string): Metric[] {
  return [...text.matchAll(/^# HELP (\w+) (.*)\n# TYPE \w+ (\w+)$/gm)].map(
    ([, name = '', help = '', type = '']) => ({ name, type, labels: labelsOf(name, text), help }),
  );
}

function labelsOf(name: string, text: string): string[] {
  const series = new RegExp(`^${name}(?:_bucket|_sum|_count)?\\{(.*?)\\} `, 'gm');
  const labels = [...text.matchAll(series)].flatMap(([, inner = '']) =>
    [...inner.matchAll(/(\w+)="/g)].map(([, label = '']) => label),
  );
  return [...new Set(labels)].filter((label) => label !== 'le').sort();
}

const byName = (left: Metric, right: Metric): number => (left.name < right.name ? -1 : 1);

/** Series that have not appeared yet show no labels: then the documented ones stand. */
function compare(shown: readonly Metric[], listed: readonly Metric[]): void {
  const completed = shown.map((metric) => {
    const entry = listed.find(({ name }) => name === metric.name);
    return metric.labels.length === 0 ? { ...metric, labels: entry?.labels ?? [] } : metric;
  });
  expect(completed.sort(byName)).toEqual([...listed].sort(byName));
}

async function all(): Promise<Metric[]> {
  return [...(await documented('Of a node')), ...(await documented('Of the gateway'))];
}

describe('docs/METRICS.md', () => {
  it('lists what nodes and gateway expose, and nothing else', async () => {
    const cluster = await launchCluster({ faulty: [3], fault: 'falsify' });
    try {
      expect((await cluster.call('POST', '/requests', { json: { data: 1 } })).status).toBe(200);
      const read = async (url: string): Promise<Metric[]> =>
        exposed(await (await fetch(`${url}/metrics`)).text());
      compare(await read(cluster.gatewayUrl), await documented('Of the gateway'));
      for (const { url } of cluster.nodes) compare(await read(url), await documented('Of a node'));
    } finally {
      await cluster.close();
    }
  });
});
