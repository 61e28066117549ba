/** Issue 2, acceptance: `npm start` and `npm run demo`. */

import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { demoCase } from '../demo/cases.js';
import { runDemo } from '../demo/run-demo.js';
import { fileWith, temporaryDirectory } from './support/files.testkit.js';
import { call, decide } from './support/http.testkit.js';
import { needsBuild, runProgram, startProgram } from './support/programs.testkit.js';
import { startedRedis } from './support/redis.testkit.js';

needsBuild();

const FREE_PORTS = ['--gateway-port', '0', '--node-port', '0'];
const NODE_LINE = /^Node (\d+) started on http:\/\/127\.0\.0\.1:\d+$/;
const GATEWAY_LINE = /^Gateway running on http:\/\/127\.0\.0\.1:\d+$/;

/** What `npm start` runs. */
const NPM_START = ['scripts/run.mjs', 'main', ...FREE_PORTS];

/** The same without looking whether something has to be installed or built. */
function start(...options: string[]): ReturnType<typeof runProgram> {
  return runProgram(['dist/programs/cluster.js', ...FREE_PORTS, ...options]);
}

function linesOf(output: string): string[] {
  return output.split('\n').filter((line) => line !== '');
}

describe('npm start -- --once examples/sample-run-case.json', () => {
  it('prints the banner and the report, and exits 0', async () => {
    const sample = ['--once', 'examples/sample-run-case.json'];
    const { code, stdout } = await runProgram([...NPM_START, ...sample]);
    const lines = linesOf(stdout);
    expect(lines.slice(0, 5)).toEqual([
      'Total Nodes: 4 -> [0, 1, 2, 3]',
      'Byzantine Nodes: 0 -> []',
      'Commander Node: 1 -> 0',
      'Communication Node: 1 -> 2',
      'Starting Nodes',
    ]);
    expect(lines.slice(5, 9).map((line) => NODE_LINE.exec(line)?.[1])).toEqual([
      '0',
      '1',
      '2',
      '3',
    ]);
    expect(lines[9]).toBe('Node 0 is the commander node. Node 2 is the communication node.');
    expect(lines[10]).toMatch(GATEWAY_LINE);
    expect(lines[11]).toMatch(/^CCRO Consensus Time: \d+\.\d{6}s$/);
    for (const [id, line] of lines.slice(12, 16).entries()) {
      expect(line).toMatch(new RegExp(`^Node ${id} -> \\d+ Correct 0 Corrupt$`));
    }
    expect(lines.slice(16)).toEqual([
      expect.stringMatching(/^Messages delivered: \d+ \(\d+ bytes\)$/),
    ]);
    expect(code).toBe(0);
  });

  it('names the faulty nodes in the banner and the liars in the report', async () => {
    const { code, stdout } = await start(
      ...['--mode', 'pbft', '--byzantine', '1', '--fault', 'falsify', '--faulty-nodes', '3'],
      ...['--once', 'examples/sample-run-case.json'],
    );
    const lines = linesOf(stdout);
    expect(lines.slice(0, 4)).toEqual([
      'Total Nodes: 4 -> [0, 1, 2, 3]',
      'Byzantine Nodes: 1 -> [3]',
      'Commander Node: 1 -> 0',
      expect.not.stringContaining('Communication Node'),
    ]);
    expect(stdout).toMatch(/^PBFT Consensus Time: \d+\.\d{6}s$/m);
    expect(stdout).toMatch(
      /^Node 3 -> \d+ Correct \d+ Corrupt \(and replied with a false result\)$/m,
    );
    expect(stdout).toMatch(/^Node 3 voted for other data than was decided \(seen by node 0/m);
    expect(code).toBe(0);
  });

  it('submits a list one after another, a report for each', async () => {
    const file = await fileWith(
      'requests.json',
      '[{"data": 1}, {"operation": {"type": "kv.get", "key": "k"}}]',
    );
    const { code, stdout } = await start('--once', file);
    expect(stdout.match(/^CCRO Consensus Time: /gm)).toHaveLength(2);
    expect(code).toBe(0);
  });

  it('exits 1 when something was not decided', async () => {
    const { code, stdout } = await start(
      ...['--byzantine', '2', '--nodes', '4', '--unsafe', '--request-timeout', '300'],
      ...['--once', 'examples/sample-run-case.json'],
    );
    expect(stdout).toMatch(/^Not decided \(504\): .+ \[gateway-\d+\]$/m);
    expect(code).toBe(1);
  });

  it.each([
    ['is not there', undefined, 'ENOENT'],
    ['holds something else', '["data"]', 'request 1 is no object'],
  ])('says in one line when the file %s', async (_, content, reason) => {
    const file =
      content === undefined ? 'no-such-file.json' : await fileWith('requests.json', content);
    const { code, stdout, stderr } = await start('--once', file);
    expect(linesOf(stderr)).toEqual([expect.stringContaining(`--once ${file}`)]);
    expect(stderr).toContain(reason);
    expect(stdout).toBe('');
    expect(code).toBe(2);
  });
});

describe('npm start', () => {
  it('stays up until it is told to stop, and leaves nothing behind', async () => {
    const program = startProgram(NPM_START);
    const gateway = await program.says(/^Gateway running on (http:\S+)$/m);
    const node = await program.says(/^Node 3 started on (http:\S+)$/m);
    await decide(gateway, 'very-important-data');
    expect(await program.says(/^(CCRO Consensus Time): /m)).toBeDefined();
    expect(await program.stop('SIGINT')).toEqual({ code: 0, signal: null });
    await expect(call(gateway, 'GET', '/health/live')).rejects.toThrow('fetch failed');
    await expect(call(node, 'GET', '/health/live')).rejects.toThrow('fetch failed');
  });

  it('--processes runs each node in a process of its own', async () => {
    const redis = await startedRedis();
    const { code, stdout, stderr } = await start(
      ...['--processes', '--broker', 'redis', '--redis-url', redis.url],
      ...['--once', 'examples/sample-run-case.json'],
    );
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^CCRO Consensus Time: /m);
  });

  it('--processes ends all of them on Ctrl-C', async () => {
    const redis = await startedRedis();
    const options = ['--processes', '--broker', 'redis', '--redis-url', redis.url];
    const program = startProgram(['dist/programs/cluster.js', ...FREE_PORTS, ...options]);
    await program.says(/^(Gateway running) on /m);
    const node = await program.says(/^Node 3 started on (http:\S+)$/m);
    expect(await program.stop('SIGINT')).toEqual({ code: 0, signal: null });
    expect(program.stderr).toBe('');
    await expect(call(node, 'GET', '/health/live')).rejects.toThrow('fetch failed');
  });

  it('starts a local redis-server when none answers at the URL', async () => {
    const redis = await startedRedis();
    const { url } = redis;
    await redis.stop();
    const { code, stdout } = await start(
      ...['--broker', 'redis', '--redis-url', url],
      ...['--once', 'examples/sample-run-case.json'],
    );
    expect(stdout).toContain(`No Redis answered at ${url}: started a local redis-server`);
    expect(stdout).toMatch(/^CCRO Consensus Time: /m);
    expect(code).toBe(0);
    await expect(redis.restart()).resolves.toBeUndefined();
  });
});

describe('npm run demo', () => {
  it('prints one table over both systems and six cases, all of them decided, and exits 0', async () => {
    const { code, stdout } = await runProgram(['scripts/run.mjs', 'demo']);
    const rows = stdout
      .split('\n')
      .map((line) => line.split('│').map((cell) => cell.trim()))
      .filter(([, system]) => system === 'PBFT' || system === 'CCRO');
    const decided = ['right', expect.stringMatching(/^\d+\.\d{6}s$/)];
    const outcomes = rows.map(([, system, scenario, commander, time, , , result]) => [
      system,
      scenario,
      commander,
      result,
      time,
    ]);
    expect(outcomes).toEqual(
      ['PBFT', 'CCRO'].flatMap((system) => [
        [system, 'no fault', '0', ...decided],
        [system, 'one offline', '0', ...decided],
        [system, 'one falsifying', '0', ...decided],
        [system, 'equivocating commander', expect.stringMatching(/^0(, then 1)?$/), ...decided],
        [system, 'the same, of 7 nodes', '0, then 1', ...decided],
        [system, 'silent commander', '0, then 1', ...decided],
      ]),
    );
    for (const [, , , , , delivered, bytes] of rows) {
      expect(Number(delivered)).toBeGreaterThan(0);
      expect(Number(bytes)).toBeGreaterThan(Number(delivered));
    }
    expect(code).toBe(0);
  });

  it('exits 1 when a decided value was wrong', async () => {
    // f+1 and more colluding nodes: their false results match, and the client believes them.
    const colluding = { scenario: 'three lie to the client', faulty: [1, 2, 3] };
    const honest = { scenario: 'no fault', faulty: [] };
    const printed: string[] = [];
    const exitCode = await runDemo(
      [
        demoCase('ccro', { ...honest, fault: 'offline' }, 2000),
        demoCase('ccro', { ...colluding, fault: 'false-replies' }, 2000),
      ],
      { print: (text) => printed.push(text), progress: () => undefined },
    );
    const output = printed.join('\n');
    expect(output).toMatch(/three lie to the client .*WRONG/);
    expect(output).toMatch(/^FAILED CCRO, three lie to the client: gateway-\d+ was answered /m);
    expect(output).not.toMatch(/^FAILED CCRO, no fault/m);
    expect(exitCode).toBe(1);
  });
});

describe('npm run keygen', () => {
  it('writes a cluster file and private keys that only their owner may read', async () => {
    const directory = await temporaryDirectory();
    const { code, stdout } = await runProgram([
      ...['scripts/run.mjs', 'keygen', '--nodes', '4', '--out', join(directory, 'keys')],
    ]);
    expect(code).toBe(0);
    const [clusterFile = '', ...keyLines] = linesOf(stdout);
    expect((await stat(clusterFile)).isFile()).toBe(true);
    expect(keyLines).toHaveLength(5);
    for (const line of keyLines) {
      const { mode } = await stat(line.replace(/ \(private\)$/, ''));
      expect(mode & 0o777).toBe(0o600);
    }
  });
});
