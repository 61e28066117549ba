/** docs/METRICS.md against what nodes and gateway expose, both ways. */

import { describe, expect, it } from 'vitest';
import { documentedMetrics, type Metric } from './support/documented-metrics.testkit.js';
import { launchCluster } from './support/test-cluster.testkit.js';

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

describe('docs/METRICS.md', () => {
  it('lists what nodes and gateway expose, and nothing else', async () => {
    const cluster = await launchCluster({ faulty: [3], fault: 'falsify' });
    try {
      expect((await cluster.call('POST', '/requests', { json: { data: 1 } })).status).toBe(200);
      const read = async (url: string): Promise<Metric[]> =>
        exposed(await (await fetch(`${url}/metrics`)).text());
      compare(await read(cluster.gatewayUrl), await documentedMetrics('Of the gateway'));
      for (const { url } of cluster.nodes)
        compare(await read(url), await documentedMetrics('Of a node'));
    } finally {
      await cluster.close();
    }
  });
});
