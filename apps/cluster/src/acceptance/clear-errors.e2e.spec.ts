/** Issue 2, acceptance: each wrong input gets the clear error that the interface names. */

import { startRedisServer } from '@ccro/redis-server';
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fileWith } from './support/files.testkit.js';
import { expectProblem } from './support/http.testkit.js';
import { needsBuild, runProgram, startNodeProgram } from './support/programs.testkit.js';
import { freshRedis } from './support/redis.testkit.js';
import { wholeLedger } from './support/replay.testkit.js';
import { launchCluster, type TestCluster } from './support/test-cluster.testkit.js';

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

/** Programs that cannot start say so in one line and exit with a failure. */
const redis = freshRedis();
needsBuild();

const NODE = ['dist/programs/node.js'];
const GATEWAY = ['dist/programs/gateway.js'];
const START = ['dist/programs/cluster.js', '--gateway-port', '0', '--node-port', '0'];

/** Runs a program that must fail. @returns the one line it leaves on standard error */
async function errorOutputOf(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
  exitCode = 1,
): Promise<string> {
  const defaults = { REDIS_URL: redis().url, NODE_HTTP_PORT: '0', GATEWAY_PORT: '0' };
  const { code, stderr } = await runProgram(args, { ...defaults, ...environment });
  expect({ code, stderr }).toEqual({ code: exitCode, stderr: expect.stringMatching(/^[^\n]+\n$/) });
  return stderr.trim();
}

describe('taken port', () => {
  let server: Server;
  let port = '';
  beforeAll(async () => {
    server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    port = String(typeof address === 'object' ? address?.port : '');
  });
  afterAll(() => void server.close());

  it('of a node', async () => {
    const errorOutput = await errorOutputOf(NODE, { NODE_ID: '0', NODE_HTTP_PORT: port });
    expect(errorOutput).toContain(`port ${port} is taken`);
    expect(errorOutput).toContain('NODE_HTTP_PORT');
  });

  it('of the gateway', async () => {
    const errorOutput = await errorOutputOf(GATEWAY, { GATEWAY_PORT: port });
    expect(errorOutput).toContain(`port ${port} is taken`);
    expect(errorOutput).toContain('GATEWAY_PORT');
  });

  it.each(['--gateway-port', '--node-port'])('npm start %s', async (option) => {
    const errorOutput = await errorOutputOf([...START, option, port], { REDIS_URL: '' });
    expect(errorOutput).toContain(`port ${port} is taken`);
    expect(errorOutput).toContain(option);
  });

  it('npm start --processes --node-port', async () => {
    const errorOutput = await errorOutputOf([...START, '--processes', '--node-port', port]);
    expect(errorOutput).toContain(`port ${port} is taken`);
  });
});

describe.concurrent('wrong configuration value', () => {
  it.each<[string, string, RegExp]>([
    ['NODE_ID', 'one', /^node: NODE_ID is "one"; allowed: .*integer/],
    ['NODE_ID', '4', /^node: NODE_ID is 4; allowed: 0 to 3/],
    ['CCRO_CONFIG', 'no-such-file.json', /cluster file "no-such-file\.json" cannot be read/],
    [
      'REDIS_URL',
      'localhost:6379',
      /REDIS_URL does not start with redis:\/\/ or rediss:\/\/; allowed: redis:\/\//,
    ],
    ['NODE_HTTP_PORT', '65536', /NODE_HTTP_PORT is "65536"; allowed: .*port/],
    ['HTTP_HOST', 'everywhere', /HTTP_HOST is "everywhere"; allowed: .*address/],
    ['HTTP_HOST', '192.0.2.1', /^node: HTTP_HOST is "192\.0\.2\.1", where .*; allowed: an address/],
    ['DURABILITY', 'fsync', /DURABILITY is "fsync"; allowed: memory, unless DATA_DIR/],
    ['DURABILITY', 'maybe', /DURABILITY is "maybe"; allowed: fsync, async, memory/],
    ['DATA_DIR', '/dev/null', /^node: the store in \/dev\/null\/node-\d cannot be read or written/],
    ['FAULT', 'evil', /FAULT is "evil"; allowed: offline, falsify/],
    ['FAULT_INJECTION', 'yes', /FAULT_INJECTION is "yes"; allowed: on, off/],
    ['LOG_LEVEL', 'loud', /LOG_LEVEL is "loud"; allowed: .*info/],
    ['KEY_FILE', 'no-such-file.key', /key file "no-such-file\.key" cannot be read/],
    ['REDIS_CA_FILE', 'ca.crt', /REDIS_CA_FILE is set, but REDIS_URL is not for TLS; allowed/],
  ])('D8: of a node, %s=%s', async (name, value, expected) => {
    expect(await errorOutputOf(NODE, { [name]: value })).toMatch(expected);
  });

  it.each<[string, string, RegExp]>([
    ['GATEWAY_PORT', 'http', /^gateway: GATEWAY_PORT is "http"; allowed: .*port/],
    ['CCRO_CONFIG', 'no-such-file.json', /cluster file "no-such-file\.json" cannot be read/],
    [
      'REDIS_URL',
      'http://127.0.0.1',
      /REDIS_URL does not start with redis:\/\/ or rediss:\/\/; allowed: redis:\/\//,
    ],
    ['HTTP_HOST', 'everywhere', /HTTP_HOST is "everywhere"; allowed: .*address/],
    ['HTTP_HOST', 'fe80::1', /^gateway: HTTP_HOST is "fe80::1", where .*; allowed: an address/],
    ['CLIENT_ID', 'nobody', /CLIENT_ID is "nobody"; allowed: gateway/],
    ['FAULT_INJECTION', '1', /FAULT_INJECTION is "1"; allowed: on, off/],
    ['LOG_LEVEL', 'loud', /LOG_LEVEL is "loud"; allowed: .*info/],
    ['API_KEYS_FILE', 'no-such.json', /API keys file "no-such\.json" cannot be read .*keygen/],
    ['REQUEST_TIMEOUT_MS', '0', /REQUEST_TIMEOUT_MS is "0"; allowed: .*milliseconds/],
    ['KEY_FILE', 'no-such-file.key', /key file "no-such-file\.key" cannot be read/],
  ])('D8: of the gateway, %s=%s', async (name, value, expected) => {
    expect(await errorOutputOf(GATEWAY, { [name]: value })).toMatch(expected);
  });

  it.each([
    [['--mode', 'raft'], '--mode raft cannot be used: one of ccro, pbft'],
    [['--gateway-port', '70000'], '--gateway-port 70000 cannot be used: an integer from 0 to'],
    [['--nodes', '4', '--byzantine', '2'], 'more nodes, or --unsafe'],
  ])('H7: of npm start, %j, which exits with 2', async (options, expected) => {
    expect(await errorOutputOf([...START, ...options], {}, 2)).toContain(expected);
  });

  it('of npm start, a file of keys that is not there', async () => {
    const errorOutput = await errorOutputOf([...START, '--api-keys', 'no-such.json']);
    expect(errorOutput).toContain('API keys file "no-such.json" cannot be read');
  });

  it('I1, sibling: npm start reads FAULT_INJECTION as nodes and gateway do', async () => {
    const wrong = { FAULT_INJECTION: 'maybe', REDIS_URL: '' };
    const errorOutputs = await Promise.all(
      [START, NODE, GATEWAY].map((program) => errorOutputOf(program, wrong)),
    );
    for (const errorOutput of errorOutputs) {
      expect(errorOutput).toContain('FAULT_INJECTION is "maybe"; allowed: on, off');
    }
  });

  it.each([
    ['a node', NODE],
    ['the gateway', GATEWAY],
  ])('of %s: no Redis at the URL', async (_, program) => {
    const gone = await startRedisServer();
    await gone.stop();
    expect(await errorOutputOf(program, { REDIS_URL: gone.url })).toContain(gone.url);
  });
});

describe.concurrent('every program', () => {
  const APPS = 'dist/apps';
  it.each([
    'dist/programs/node.js',
    'dist/programs/gateway.js',
    'dist/programs/cluster.js',
    'dist/programs/demo.js',
    `${APPS}/cluster/src/keygen.js`,
    `${APPS}/cluster/src/verify.js`,
    `${APPS}/simulator/src/main.js`,
    `${APPS}/chaos/src/main.js`,
    `${APPS}/chaos/src/soak.js`,
    `${APPS}/bench/src/main.js`,
    `${APPS}/experiment/src/main.js`,
  ])('H7: %s knows --version and --help, and exits with 2 after a usage error', async (program) => {
    const version = await runProgram([program, '--version']);
    expect(version).toMatchObject({ code: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) });
    const help = await runProgram([program, '--help']);
    expect(help).toMatchObject({ code: 0, stdout: expect.stringMatching(/./) });
    const wrong = await runProgram([program, '--no-such-option']);
    expect(wrong).toMatchObject({ code: 2, stdout: '', stderr: expect.stringMatching(/--help/) });
  });
});

describe('wrong cluster file', () => {
  it.each([
    ['no JSON', '{"cluster":', 'is not JSON'],
    ['a wrong field', '{"cluster":"local","mode":"raft"}', 'mode is "raft"; allowed:'],
  ])('%s', async (_, content, problem) => {
    const file = await fileWith('cluster.json', content);
    const errorOutput = await errorOutputOf(NODE, { CCRO_CONFIG: file });
    expect(errorOutput).toContain(file);
    expect(errorOutput).toContain(problem);
  });
});

describe('an id that another process already has', () => {
  it('is not given away a second time', async () => {
    const environment = { REDIS_URL: redis().url };
    await startNodeProgram({ ...environment, NODE_ID: '0' });
    expect((await startNodeProgram(environment)).id).toBe(1);
  });
});
