/** Issue 2, acceptance: each wrong input gets the clear error that the interface names. */

import { startRedisServer } from '@ccro/redis-server';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { expectProblem } from './support/http.contract.js';
import { needsBuild, runProgram, startNodeProgram } from './support/programs.contract.js';
import { freshRedis } from './support/redis.contract.js';
import { wholeLedger } from './support/replay.contract.js';
import { launchCluster, type TestCluster } from './support/test-cluster.contract.js';

const BODY_LIMIT_BYTES = 128 * 1024;

describe('calls of the gateway', () => {
  let cluster: TestCluster;
  beforeAll(async () => {
    cluster = await launchCluster();
  });
  afterAll(() => cluster.close());

  const post = (path: string, text: string, headers: Record<string, string> = {}) =>
    cluster.call('POST', path, { text, headers });

  it.each([
    ['cut off', '{"data":'],
    ['no JSON', 'data=1'],
    ['empty', ''],
  ])('malformed JSON (%s): 400', async (_, text) => {
    expectProblem(await post('/requests', text), 400, 'malformed-request');
    expectProblem(await post('/preprepare', text), 400, 'malformed-request');
    expectProblem(await post('/requests/batch', text), 400, 'malformed-request');
  });

  it.each([
    ['neither data nor operation', '{}'],
    ['both of them', '{"data":1,"operation":{"type":"append"}}'],
    ['an unknown field', '{"data":1,"priority":2}'],
    ['an operation that is no object', '{"operation":"append"}'],
    ['a list', '[1]'],
    ['a number', '1'],
    ['null', 'null'],
  ])('wrong types (%s): 400 that says what is wrong', async (_, text) => {
    const { detail } = expectProblem(await post('/requests', text), 400, 'invalid-request');
    expect(detail).toMatch(/data|operation|priority|request|object/i);
  });

  it.each(['{"requests":[]}', '{"requests":[{"data":1},{}]}', '{"requests":{"data":1}}'])(
    'wrong batch %s: 400, and none of it is accepted',
    async (text) => {
      expectProblem(await post('/requests/batch', text), 400, 'invalid-request');
    },
  );

  it('a body over the limit: 413', async () => {
    const json = { data: 'x'.repeat(BODY_LIMIT_BYTES) };
    const answer = await cluster.call('POST', '/requests', { json });
    expectProblem(answer, 413, 'payload-too-large');
  });

  it('a body that is no JSON at all: 415', async () => {
    const answer = await post('/requests', 'data=1', { 'content-type': 'text/plain' });
    expectProblem(answer, 415, 'unsupported-media-type');
  });

  it.each([
    ['GET', '/no-such-route'],
    ['DELETE', '/requests'],
    ['GET', '/requests/gateway-1'],
    ['GET', '/requests/nonsense'],
    ['GET', '/nodes/4/status'],
    ['GET', '/nodes/first/status'],
    ['GET', '/ledger/1'],
    ['GET', '/ledger/nonsense'],
  ])('unknown route or id, %s %s: 404', async (method, path) => {
    expectProblem(await cluster.call(method, path), 404, 'not-found');
  });

  it('an Idempotency-Key that is none: 400', async () => {
    const answer = await post('/requests', '{"data":1}', { 'idempotency-key': 'k'.repeat(256) });
    expectProblem(answer, 400, 'invalid-request');
  });

  it('a fault while fault injection is off: 403', async () => {
    const answer = await cluster.call('PUT', '/nodes/1/fault', { json: { kind: 'offline' } });
    expectProblem(answer, 403, 'fault-injection-disabled');
    const cleared = await cluster.call('DELETE', '/nodes/1/fault');
    expectProblem(cleared, 403, 'fault-injection-disabled');
  });

  it('nothing of all this reached the ledger', async () => {
    expect(await wholeLedger(cluster.gatewayUrl)).toEqual([]);
  });
});

describe('programs that cannot start say so in one line and exit with a failure', () => {
  needsBuild();
  const redis = freshRedis();

  const NODE = ['dist/apps/node/src/main.js'];
  const GATEWAY = ['dist/apps/gateway/src/main.js'];
  const START = ['dist/apps/cluster/src/main.js', '--gateway-port', '0', '--node-port', '0'];

  /** Runs a program that must fail. @returns the one line it leaves on standard error */
  async function complaintOf(
    args: readonly string[],
    environment: Readonly<Record<string, string>> = {},
  ): Promise<string> {
    const defaults = { REDIS_URL: redis().url, NODE_HTTP_PORT: '0', GATEWAY_PORT: '0' };
    const { code, stderr } = await runProgram(args, { ...defaults, ...environment });
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringMatching(/^[^\n]+\n$/) });
    return stderr.trim();
  }

  /** A port that something else listens on until the test has finished. */
  async function takenPort(): Promise<string> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    const address = server.address();
    return String(typeof address === 'object' ? address?.port : '');
  }

  async function fileWith(content: string): Promise<string> {
    const directory = await mkdtemp(join(tmpdir(), 'ccro-config-'));
    onTestFinished(() => rm(directory, { recursive: true }));
    const file = join(directory, 'cluster.json');
    await writeFile(file, content);
    return file;
  }

  describe('taken port', () => {
    it('of a node', async () => {
      const port = await takenPort();
      const complaint = await complaintOf(NODE, { NODE_ID: '0', NODE_HTTP_PORT: port });
      expect(complaint).toContain(`port ${port} is taken`);
      expect(complaint).toContain('NODE_HTTP_PORT');
    });

    it('of the gateway', async () => {
      const port = await takenPort();
      const complaint = await complaintOf(GATEWAY, { GATEWAY_PORT: port });
      expect(complaint).toContain(`port ${port} is taken`);
      expect(complaint).toContain('GATEWAY_PORT');
    });

    it.each(['--gateway-port', '--node-port'])('npm start %s', async (option) => {
      const port = await takenPort();
      const complaint = await complaintOf([...START, option, port], { REDIS_URL: '' });
      expect(complaint).toContain(`port ${port} is taken`);
      expect(complaint).toContain(option);
    });

    it('npm start --processes --node-port', async () => {
      const port = await takenPort();
      const complaint = await complaintOf([...START, '--processes', '--node-port', port]);
      expect(complaint).toContain(`port ${port} is taken`);
    });
  });

  it.each<[string, string, RegExp]>([
    ['NODE_ID', 'one', /allowed: .*integer/],
    ['NODE_ID', '-1', /allowed: .*integer/],
    ['NODE_ID', '4', /allowed: 0 to 3/],
    ['CCRO_CONFIG', 'no-such-file.json', /cluster file "no-such-file\.json" cannot be read/],
    ['REDIS_URL', 'localhost:6379', /allowed: .*redis:\/\//],
    ['NODE_HTTP_PORT', '65536', /allowed: .*port/],
    ['NODE_HTTP_PORT', 'http', /allowed: .*port/],
    ['HTTP_HOST', 'everywhere', /allowed: .*address/],
    ['DURABILITY', 'often', /allowed: .*memory/],
    ['DURABILITY', 'fsync', /allowed: memory/],
    ['FAULT', 'evil', /allowed: offline, falsify/],
    ['FAULT_INJECTION', 'yes', /allowed: on, off/],
    ['LOG_LEVEL', 'loud', /allowed: .*info/],
    ['KEY_FILE', 'no-such-file.key', /key file "no-such-file\.key" cannot be read/],
  ])('wrong configuration of a node, %s=%s', async (name, value, rule) => {
    const complaint = await complaintOf(NODE, { [name]: value });
    expect(complaint).toMatch(rule);
    if (complaint.includes('allowed: ')) expect(complaint).toMatch(new RegExp(`${name}|file`));
  });

  it.each<[string, string, RegExp]>([
    ['GATEWAY_PORT', 'http', /allowed: .*port/],
    ['CCRO_CONFIG', 'no-such-file.json', /cluster file "no-such-file\.json" cannot be read/],
    ['REDIS_URL', 'http://127.0.0.1', /allowed: .*redis:\/\//],
    ['CLIENT_ID', 'nobody', /allowed: gateway/],
    ['CLIENT_ID', 'a b', /allowed: .*letters/],
    ['FAULT_INJECTION', '1', /allowed: on, off/],
    ['LOG_LEVEL', 'loud', /allowed: .*info/],
    ['REQUEST_TIMEOUT_MS', '0', /allowed: .*milliseconds/],
  ])('wrong configuration of the gateway, %s=%s', async (name, value, rule) => {
    const complaint = await complaintOf(GATEWAY, { [name]: value });
    expect(complaint).toMatch(rule);
    if (complaint.includes('allowed: ')) expect(complaint).toMatch(new RegExp(`${name}|file`));
  });

  it.each([
    ['is no JSON', '{"cluster":', 'is not JSON'],
    ['lacks a field', '{"cluster":"local"}', 'mode is missing; allowed:'],
    ['has a wrong one', '{"cluster":"local","mode":"raft"}', 'mode is "raft"; allowed:'],
  ])('a cluster file that %s', async (_, content, problem) => {
    const complaint = await complaintOf(NODE, { CCRO_CONFIG: await fileWith(content) });
    expect(complaint).toContain(problem);
  });

  it.each([
    ['--mode', 'raft', 'ccro, pbft'],
    ['--gateway-port', '70000', 'an integer from 0 to 65535'],
  ])('npm start -- %s %s', async (option, value, allowed) => {
    const complaint = await complaintOf([...START, option, value]);
    expect(complaint).toContain(option);
    expect(complaint).toContain(value);
    expect(complaint).toContain(allowed);
  });

  it('more faulty nodes than a cluster tolerates', async () => {
    const complaint = await complaintOf([...START, '--nodes', '4', '--byzantine', '2']);
    expect(complaint).toContain('--byzantine');
    expect(complaint).toContain('--unsafe');
  });

  it('FAULT_INJECTION=maybe npm start', async () => {
    const complaint = await complaintOf(START, { FAULT_INJECTION: 'maybe', REDIS_URL: '' });
    expect(complaint).toContain('FAULT_INJECTION');
    expect(complaint).toContain('on or off');
  });

  it.each([
    ['a node', NODE],
    ['the gateway', GATEWAY],
  ])('no Redis at the URL, for %s', async (_, program) => {
    const gone = await startRedisServer();
    await gone.stop();
    const REDIS_URL = gone.url;
    expect(await complaintOf(program, { REDIS_URL })).toContain(REDIS_URL);
  });

  it('an id that another process already has', async () => {
    await startNodeProgram({ REDIS_URL: redis().url, NODE_ID: '2' });
    // Both were told to be node 2. The first one goes on; the second one takes no other id.
    const free = await startNodeProgram({ REDIS_URL: redis().url });
    expect(free.id).not.toBe(2);
  });
});
