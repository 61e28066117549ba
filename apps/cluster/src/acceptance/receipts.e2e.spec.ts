/** Issue 5, point 2: receipts of a real cluster, checked by the program, without the cluster. */

import { developmentCluster, formatClusterFile } from '@ccro/cluster-config';
import { execFile, execFileSync, spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { DecidedAnswer } from '../gateway-api.js';
import { fileWith, temporaryDirectory } from './support/files.testkit.js';
import { decide, expectProblem } from './support/http.testkit.js';
import { needsBuild, ROOT } from './support/programs.testkit.js';
import { startedRedis } from './support/redis.testkit.js';
import {
  launchCluster,
  nameOf,
  startedCluster,
  untilLevel,
  type TestCluster,
} from './support/test-cluster.testkit.js';

needsBuild();

interface Exit {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** `npm run verify` once built. @param input standard input */
function verify(args: readonly string[], input = ''): Promise<Exit> {
  return new Promise((resolve) => {
    const program = ['dist/apps/cluster/src/verify.js', ...args];
    const child = execFile(process.execPath, program, { cwd: ROOT }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr });
    });
    child.stdin?.end(input);
  });
}

/** The text of a receipt, as it is downloaded. */
async function download({ gatewayUrl }: TestCluster, id: string): Promise<string> {
  const response = await fetch(`${gatewayUrl}/requests/${id}/receipt`);
  const text = await response.text();
  expect({ status: response.status, text }).toMatchObject({ status: 200 });
  return text;
}

/** The cluster file, as whoever checks a receipt has it from somebody he trusts. */
async function clusterFileOf(cluster: TestCluster): Promise<string> {
  const { options } = cluster;
  const config = developmentCluster({ ...options, cluster: await nameOf(cluster) });
  return fileWith('cluster.json', formatClusterFile(config));
}

async function decideTogether(cluster: TestCluster, count: number): Promise<DecidedAnswer[]> {
  const requests = Array.from({ length: count }, (_, data) => ({ data }));
  const { status, body } = await cluster.call('POST', '/requests/batch', { json: { requests } });
  expect(status).toBe(200);
  return body['results'] as DecidedAnswer[];
}

describe('receipts of a cluster on Redis, with a node that lies', () => {
  it('hold offline; changed ones and those of another cluster do not', async () => {
    const redis = await startedRedis();
    const faults = { fault: 'falsify', faulty: [3] } as const;
    const cluster = await startedCluster({ broker: 'redis', redisUrl: redis.url, ...faults });
    const config = await clusterFileOf(cluster);
    const alone = await decide(cluster.gatewayUrl, 'alone');
    const text = await download(cluster, alone.id);
    const listed = await decideTogether(cluster, 3);
    const texts = await Promise.all(listed.map(({ id }) => download(cluster, id)));
    const index = texts.findIndex((each) => each.includes('"signedWith"'));
    const [answer, together = ''] = [listed[index], texts[index]];
    const file = await fileWith('receipt.json', text);
    const changed = await fileWith('changed.json', text.replace('alone', 'Alone'));

    const [held, asJson, refused, elsewhere, unreadable] = await Promise.all([
      verify([file, '--config', config]),
      verify(['-', '--config', config, '--json'], together),
      verify([changed, '--config', config]),
      verify(['-', '--config', 'config/local.json'], text),
      verify(['no-such-file', '--config', config]),
    ]);
    expect(held).toMatchObject({ code: 0, stderr: expect.stringMatching(/development keys/) });
    expect(held.stdout).toMatch(
      /^The receipt holds\.\n[^]*What +\{"type":"append","data":"alone"\}/,
    );
    expect({ code: asJson.code, verdict: JSON.parse(asJson.stdout) as unknown }).toMatchObject({
      code: 0,
      verdict: {
        holds: true,
        batch: answer?.digest,
        order: { sequence: answer?.sequence },
        result: JSON.stringify(answer?.result),
      },
    });
    expect(refused.code).toBe(1);
    expect(refused.stdout).toMatch(/^The receipt does not hold \(bad-request-signature\)\.\n/);
    expect(elsewhere).toMatchObject({ code: 1, stdout: expect.stringMatching(/wrong-cluster/) });
    expect(unreadable).toMatchObject({ code: 2, stderr: expect.stringMatching(/cannot be read/) });

    const unknown = await cluster.call('GET', '/requests/gateway-1/receipt');
    expectProblem(unknown, 404, 'not-found');
  });
});

it('F8, sibling: verify waits for nobody to write to a pipe, and reads standard input by its path', async () => {
  const pipe = join(await temporaryDirectory(), 'pipe');
  execFileSync('mkfifo', [pipe]);
  const config = 'config/local.json';
  const exits = await Promise.all([
    verify([pipe, '--config', config]),
    verify(['-', '--config', pipe], '{}'),
  ]);
  for (const { code, stderr } of exits) {
    expect(code).toBe(2);
    expect(stderr).toMatch(
      /^error: [^\n]*"[^"]*pipe" cannot be read \(it is a named pipe[^\n]*\n$/,
    );
  }
  const command = `echo '{}' | node dist/apps/cluster/src/verify.js /dev/stdin --config ${config}`;
  const { status, stdout } = spawnSync('sh', ['-c', command], { cwd: ROOT, encoding: 'utf8' });
  expect({ status, stdout }).toEqual({ status: 1, stdout: expect.stringMatching(/malformed/) });
});

describe('receipts of a cluster with a data directory', () => {
  it('are given out after everything was restarted, BLS or not', async () => {
    const redis = await startedRedis();
    const dataDirectory = await temporaryDirectory();
    const storage = { durability: 'fsync', dataDirectory } as const;
    const options = { broker: 'redis', redisUrl: redis.url, storage, signature: 'bls' } as const;
    const first = await launchCluster(options);
    const { id } = await decide(first.gatewayUrl, 'before the restart');
    await untilLevel(first.honest, 1);
    await first.close();

    const second = await startedCluster(options);
    const text = await download(second, id);
    const config = join(dataDirectory, 'cluster.json');
    expect(await verify(['-', '--config', config], text)).toMatchObject({ code: 0 });
    expect(await readFile(config, 'utf8')).toContain('"signature": "bls"');
  });
});
