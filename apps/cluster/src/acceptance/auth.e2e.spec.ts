/**
 * Issue 5, acceptance: access. Keys at the gateway; at Redis users with the rights that keygen
 * writes, over TLS. Every program is started as people start it.
 */

import { channelNames, RedisBroker } from '@ccro/broker';
import { freePort, type RedisServer } from '@ccro/redis-server';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { makeTlsFiles, startGuardedRedis } from './support/guarded-redis.testkit.js';
import { call, expectProblem, type Answer } from './support/http.testkit.js';
import { needsBuild, Program, runProgram } from './support/programs.testkit.js';

const KEYGEN = 'dist/apps/cluster/src/keygen.js';
const MEMBERS = [0, 1, 2, 3];
const KEYS = ['ann:read', 'bob:submit', 'cleo:admin', 'slow:read:2'];
const channels = channelNames('guarded');

needsBuild();

let directory = '';
let ca = '';
let redis: RedisServer | undefined;
let gatewayUrl = '';
const programs: Program[] = [];
/** Keys of callers, by name, as keygen showed them. */
const keys = new Map<string, string>();

const at = (...path: readonly string[]): string => join(directory, ...path);

/** What one of the files that keygen wrote for the environment says. */
async function redisUrlOf(user: string): Promise<string> {
  const text = await readFile(at('keys', 'redis', `${user}.env`), 'utf8');
  return text.trim().replace('REDIS_URL=', '');
}

async function environmentOf(user: string): Promise<Record<string, string>> {
  return {
    CCRO_CONFIG: at('keys', 'cluster.json'),
    REDIS_URL: await redisUrlOf(user),
    REDIS_CA_FILE: ca,
    LOG_LEVEL: 'trace',
  };
}

async function started(program: string, environment: Record<string, string>): Promise<Program> {
  const instance = new Program([`dist/programs/${program}.js`], environment);
  programs.push(instance);
  await instance.says(/(?:started|running) on (http:\S+)/);
  return instance;
}

async function startCluster(): Promise<void> {
  await Promise.all(
    MEMBERS.map(async (id) => {
      const own = { NODE_ID: String(id), NODE_HTTP_PORT: '0' };
      await started('node', { ...(await environmentOf(`node-${id}`)), ...own });
    }),
  );
  const gateway = await started('gateway', {
    ...(await environmentOf('client-gateway')),
    API_KEYS_FILE: at('api-keys.json'),
    FAULT_INJECTION: 'on',
    GATEWAY_PORT: '0',
  });
  gatewayUrl = await gateway.says(/Gateway running on (http:\S+)/);
}

async function makeKeys(tlsPort: number): Promise<void> {
  const url = `rediss://127.0.0.1:${tlsPort}`;
  const users = ['--redis-acl', '--redis-url', url];
  const clients = ['--client', 'gateway', 'alice'];
  const cluster = [
    '--nodes',
    '4',
    '--cluster',
    'guarded',
    ...clients,
    '--out',
    at('keys'),
    ...users,
  ];
  expect(await runProgram([KEYGEN, ...cluster])).toMatchObject({ code: 0, stderr: '' });
  const callers = ['--api-keys', at('api-keys.json'), '--api-key', ...KEYS];
  const { code, stdout, stderr } = await runProgram([KEYGEN, ...callers]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  for (const [, name = '', key = ''] of stdout.matchAll(/^(\w+) \(\w+\) (\S+)$/gm)) {
    keys.set(name, key);
  }
}

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'ccro-auth-'));
  const tls = await makeTlsFiles(directory);
  ca = tls.ca;
  const port = await freePort();
  await makeKeys(port);
  redis = await startGuardedRedis(directory, tls, port, at('keys', 'redis', 'users.acl'));
  if (redis === undefined) process.stderr.write('auth.e2e: skipped, this Redis has no TLS\n');
  else await startCluster();
});
afterAll(async () => {
  await Promise.all(programs.map((program) => program.stop()));
  await redis?.stop();
  await rm(directory, { recursive: true, force: true });
});
beforeEach(({ skip }) => {
  if (redis === undefined) skip('this Redis has no TLS');
});

/** A call of the gateway with the key of `name`. */
function as(name: string | undefined, method: string, path: string, json?: unknown) {
  const authorization = name === undefined ? {} : { authorization: `Bearer ${keys.get(name)}` };
  const body = json === undefined ? {} : { json };
  return call(gatewayUrl, method, path, { ...body, headers: authorization });
}

describe('at the gateway', () => {
  const data = { data: 'guarded' };

  it('who has a key that allows it is served', async () => {
    expect(await as('bob', 'POST', '/requests', data)).toMatchObject({
      status: 200,
      body: { status: 'decided', sequence: 1, replies: { required: 2 } },
    });
    expect((await as('ann', 'GET', '/ledger/1')).status).toBe(200);
    const fault = await as('cleo', 'PUT', '/nodes/3/fault', { kind: 'offline' });
    // Nodes have a switch of their own, and here it is off.
    expectProblem(fault, 403, 'fault-injection-disabled');
  });

  it('a request that an end user signed is carried, and its reply heard', async () => {
    const sign = ['examples/sign-request.mjs', 'guarded', 'alice', at('keys', 'client-alice.key')];
    const { stdout } = await runProgram([...sign, '"signed by alice"']);
    const signed = JSON.parse(stdout) as { readonly timestamp: number };
    const answer = await as('bob', 'POST', '/requests/signed', signed);
    expect(answer).toMatchObject({ status: 200, body: { id: `alice-${signed.timestamp}` } });
    const proof = `/requests/alice-${signed.timestamp}/receipt?sequence=${String(answer.body['sequence'])}`;
    expect((await as('ann', 'GET', proof)).status).toBe(200);
    expectProblem(await as('ann', 'POST', '/requests/signed', signed), 403, 'forbidden');
    const changed = { ...signed, operation: '{"type":"append","data":"changed"}' };
    expectProblem(await as('bob', 'POST', '/requests/signed', changed), 400, 'invalid-request');
  });

  it('without a key 401, with a wrong one 401, with one of the wrong role 403, over the rate 429', async () => {
    expectProblem(await as(undefined, 'POST', '/requests', data), 401, 'unauthorized');
    keys.set('eve', `${keys.get('bob')?.slice(0, -1)}~`);
    expectProblem(await as('eve', 'POST', '/requests', data), 401, 'unauthorized');
    expectProblem(await as('ann', 'POST', '/requests', data), 403, 'forbidden');
    expectProblem(await as('bob', 'DELETE', '/nodes/3/fault'), 403, 'forbidden');
    const answers: Answer[] = await Promise.all(
      Array.from({ length: 20 }, () => as('slow', 'GET', '/requests/none')),
    );
    const statuses = new Set(answers.map(({ status }) => status));
    expect(statuses).toEqual(new Set([404, 429]));
    const refused = answers.find(({ status }) => status === 429);
    expect(refused?.headers.get('retry-after')).toBe('1');
    expect((await as(undefined, 'GET', '/health/ready')).status).toBe(200);
  });
});

describe('at Redis, over TLS', () => {
  const word = Buffer.from('x');
  const refused = { code: 'unauthorized' };

  async function connected(user: string): Promise<RedisBroker> {
    const authority = await readFile(ca, 'utf8');
    const broker = new RedisBroker({ url: await redisUrlOf(user), ca: authority, name: 'spec' });
    await broker.connect();
    return broker;
  }

  it("a node's user cannot publish on another node's channel, nor listen to its inbox", async () => {
    const broker = await connected('node-1');
    await expect(broker.publish(channels.telemetry(2), word)).rejects.toMatchObject(refused);
    await expect(broker.subscribe([channels.node(2)])).rejects.toMatchObject(refused);
    await expect(broker.subscribe([channels.telemetry(2)])).rejects.toMatchObject(refused);
    // What it must do it may: votes go to the inbox of the collector, whoever that is.
    await broker.publish(channels.telemetry(1), word);
    expect(await broker.publish(channels.node(2), word)).toBe(1);
    await broker.subscribe([channels.node(1), channels.broadcast]);
    await broker.close();
  });

  it('the gateway hears what nodes tell of themselves, and cannot tell it for them', async () => {
    const broker = await connected('client-gateway');
    await broker.subscribe([channels.telemetry(2)]);
    await expect(broker.publish(channels.telemetry(2), word)).rejects.toMatchObject(refused);
    await broker.close();
  });

  it.each<[string, Record<string, string>, RegExp]>([
    [
      'a certificate nobody vouches for',
      { REDIS_CA_FILE: '' },
      /certificate of Redis at rediss:.* is not trusted .*REDIS_CA_FILE/,
    ],
    ['a wrong password', { PASSWORD: 'wrong-secret' }, /refused us: WRONGPASS.*REDIS_URL/],
    ['the user of another node', { NODE_ID: '2' }, /refused us: NOPERM/],
  ])('a node ends at once, with one line that says why, at %s', async (_, change, line) => {
    const { PASSWORD, ...variables } = change;
    const environment = { ...(await environmentOf('node-1')), NODE_ID: '1', LOG_LEVEL: 'error' };
    const url = new URL(await redisUrlOf('node-1'));
    if (PASSWORD !== undefined) url.password = PASSWORD;
    const { code, stderr } = await runProgram(['dist/programs/node.js'], {
      ...{ ...environment, REDIS_URL: url.href, NODE_HTTP_PORT: '0' },
      ...variables,
    });
    expect({ code, lines: stderr.trim().split('\n').length }).toEqual({ code: 1, lines: 1 });
    expect(stderr).toMatch(line);
    expect(stderr).not.toContain(url.password);
  });
});

describe('npm start', () => {
  it('takes keys too, and has one of its own for what it asks the gateway itself', async () => {
    const { code, stdout } = await runProgram([
      ...['dist/programs/cluster.js', '--gateway-port', '0', '--node-port', '0'],
      ...['--api-keys', at('api-keys.json'), '--once', 'examples/sample-run-case.json'],
    ]);
    expect(stdout).toMatch(/CCRO Consensus Time[^]*Messages delivered/);
    expect(code).toBe(0);
  });
});

it('nothing secret is in what the programs write, however much they tell', async () => {
  const written = programs.map(({ stdout, stderr }) => stdout + stderr);
  const log = (await readdir(directory)).find((name) => name.endsWith('.log')) ?? '';
  written.push(await readFile(at(log), 'utf8'));
  const users = [...MEMBERS.map((id) => `node-${id}`), 'client-gateway', 'admin'];
  const secrets = [...keys.values()];
  for (const user of users) secrets.push(new URL(await redisUrlOf(user)).password);
  for (const user of users.slice(0, -1)) {
    const { secretKey, bls } = JSON.parse(await readFile(at('keys', `${user}.key`), 'utf8')) as {
      readonly secretKey: string;
      readonly bls?: { readonly secretKey: string };
    };
    secrets.push(secretKey, ...(bls === undefined ? [] : [bls.secretKey]));
  }
  expect(secrets).toHaveLength(KEYS.length + 1 + users.length + 2 * MEMBERS.length + 1);
  const told = written.join('\n');
  expect(told).toContain('started on');
  expect(secrets.filter((secret) => told.includes(secret))).toEqual([]);
});
