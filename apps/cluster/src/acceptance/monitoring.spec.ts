/** monitoring/ asks only for metrics that exist, and docker-compose.yml for files that do. */

import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { documentedMetrics, type Metric } from './support/documented-metrics.testkit.js';
import { ROOT } from './support/programs.testkit.js';

/** Labels that Prometheus gives every series, and those of histograms. */
const COMMON_LABELS = ['job', 'instance', 'le'];
/** Prometheus' own. */
const UP: Metric = { name: 'up', type: 'gauge', labels: [], help: '' };

function read(path: string): Promise<string> {
  return readFile(join(ROOT, path), 'utf8');
}

/** The alerts' expressions: on the line of `expr:`, or folded over the lines below it. */
async function alertExpressions(): Promise<string[]> {
  const rules = await read('monitoring/prometheus/alerts.yml');
  const found = rules.matchAll(/^ +expr: (?:>-\n((?: {10}\S.*\n)+)|(.+)\n)/gm);
  return [...found].map(([, folded, plain = '']) => (folded ?? plain).replace(/\s+/g, ' ').trim());
}

async function panelExpressions(): Promise<string[]> {
  const dashboard = JSON.parse(await read('monitoring/grafana/dashboards/ccro.json')) as {
    readonly panels: readonly { readonly targets: readonly { readonly expr: string }[] }[];
  };
  return dashboard.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr));
}

/** Names of series in a query: words that no function, label or keyword is. */
function seriesIn(query: string): string[] {
  const bare = query
    .replace(/\{[^}]*\}|\[[^\]]*\]/g, ' ')
    .replace(/\b(by|without|on|ignoring) *\([^)]*\)/g, ' ');
  const words = [...bare.matchAll(/\b[a-z_]\w*\b(?! *\()/g)].map(([word]) => word);
  return words.filter(
    (word) => !['and', 'or', 'unless', 'sum', 'max', 'min', 'count'].includes(word),
  );
}

function labelsIn(query: string): string[] {
  const matchers = [...query.matchAll(/\{([^}]*)\}/g)].flatMap(([, inner = '']) =>
    [...inner.matchAll(/(\w+) *(?:=~|!~|!=|=)/g)].map(([, label = '']) => label),
  );
  const groups = [...query.matchAll(/\bby *\(([^)]*)\)/g)].flatMap(([, list = '']) =>
    list.split(',').map((label) => label.trim()),
  );
  return [...matchers, ...groups];
}

describe('monitoring', () => {
  let known: readonly Metric[] = [];
  beforeAll(async () => {
    known = [
      UP,
      ...(await documentedMetrics('Of a node')),
      ...(await documentedMetrics('Of the gateway')),
    ];
  });

  function metricOf(series: string): Metric | undefined {
    const histogram = known.find(
      ({ name, type }) =>
        type === 'histogram' && series.replace(/_(bucket|sum|count)$/, '') === name,
    );
    if (histogram !== undefined) return series === histogram.name ? undefined : histogram;
    return known.find(({ name }) => name === series);
  }

  function check(query: string): void {
    const metrics = seriesIn(query).map((series) => {
      const metric = metricOf(series);
      if (metric === undefined) throw new Error(`no metric ${series}: ${query}`);
      return metric;
    });
    if (metrics.length === 0) throw new Error(`asks for no metric: ${query}`);
    const labels = [...COMMON_LABELS, ...metrics.flatMap((metric) => metric.labels)];
    const unknown = labelsIn(query).filter((label) => !labels.includes(label));
    if (unknown.length > 0) throw new Error(`no label ${unknown.join()}: ${query}`);
  }

  it('alerts on metrics that exist', async () => {
    const rules = await read('monitoring/prometheus/alerts.yml');
    const expressions = await alertExpressions();
    expect(expressions).toHaveLength([...rules.matchAll(/- alert: /g)].length);
    expect(expressions.length).toBeGreaterThan(8);
    for (const expression of expressions) check(expression);
  });

  it('shows metrics that exist', async () => {
    const expressions = await panelExpressions();
    expect(expressions.length).toBeGreaterThan(20);
    for (const expression of expressions) check(expression);
  });

  it('finds a query that asks for what does not exist', () => {
    expect(() => check('rate(ccro_node_nothing_total[1m])')).toThrow(
      'no metric ccro_node_nothing_total',
    );
    expect(() => check('ccro_node_view{reason="x"}')).toThrow('no label reason');
  });

  it('says what each alert means', async () => {
    const rules = await read('monitoring/prometheus/alerts.yml');
    const operations = await read('docs/OPERATIONS.md');
    for (const [, name = ''] of rules.matchAll(/- alert: (\w+)/g)) {
      expect(operations).toContain(`\`${name}\``);
    }
  });

  it('I12: every service of docker-compose.yml is contained, bounded, and shares no volume', async () => {
    const compose = await read('docker-compose.yml');
    const [, services = ''] = compose.split(/^services:\n/m);
    const blocks = [...services.matchAll(/^ {2}(\w+):\n((?: {4}.*\n|\n)+)/gm)];
    const names = blocks.map(([, name]) => name);
    expect(names).toEqual(
      expect.arrayContaining(['redis', 'gateway', 'node0', 'node3', 'prometheus', 'grafana']),
    );
    const anchor = (name: string) =>
      new RegExp(`^x-\\w+: &${name}\\n((?: {2}.*\\n)+)`, 'm').exec(compose)?.[1] ?? '';
    expect(anchor('contained')).toMatch(/cap_drop: \[ALL\]/);
    expect(anchor('contained')).toMatch(/no-new-privileges:true/);
    expect(anchor('contained')).toMatch(/nofile: \d+/);
    expect(anchor('app')).toMatch(/<<: \*contained/);
    expect(anchor('app')).toMatch(/mem_limit: /);
    expect(anchor('node')).toMatch(/<<: \*app/);
    const volumes: string[] = [];
    for (const [, name, text = ''] of blocks) {
      expect([name, /<<: \*(contained|app|node)$/m.test(text)]).toEqual([name, true]);
      if (text.includes('image:')) expect(text).toMatch(/mem_limit: /);
      volumes.push(
        ...[...text.matchAll(/['\s]([a-z0-9-]+-data):\//g)].map(([, each = '']) => each),
      );
    }
    expect(volumes.length).toBeGreaterThanOrEqual(5);
    expect(new Set(volumes).size).toBe(volumes.length);
    const images = [
      ...`${compose}${await read('Dockerfile')}`.matchAll(/(?:image:|^FROM) (\S+:\S+)/gm),
    ];
    for (const [, image = ''] of images) expect(image).toMatch(/:v?\d+\.\d+\.\d+(-|$)/);
  });

  it('I17, sibling: the Redis of docker-compose.yml holds no message of half a gigabyte either', async () => {
    const compose = await read('docker-compose.yml');
    expect(compose).toMatch(/^ {6}- --proto-max-bulk-len 8mb$/m);
    expect(compose).toMatch(/^ {6}- --maxmemory-clients 1gb$/m);
  });

  it('is a profile of docker-compose.yml, with pinned images and files that are there', async () => {
    const compose = await read('docker-compose.yml');
    for (const service of ['prometheus', 'grafana']) {
      const [, text = ''] =
        new RegExp(`^ {2}${service}:\\n((?: {4}.*\\n)+)`, 'm').exec(compose) ?? [];
      expect(text).toContain('profiles: [monitoring]');
      expect(text).toMatch(/image: \S+:v?\d+\.\d+\.\d+\n/);
      const mounts = [...text.matchAll(/- \.\/(\S+?):/g)].map(([, path = '']) => path);
      expect(mounts.length).toBeGreaterThan(0);
      expect(mounts.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
    }
  });
});
