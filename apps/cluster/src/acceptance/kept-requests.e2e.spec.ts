/** Issue 3, acceptance: the gateway never loses what it accepted (scenarios 66, 67 and 71). */

import { describe, expect, it, vi } from 'vitest';
import type { DecidedAnswer } from '../gateway-api.js';
import { clusterFile } from './support/files.testkit.js';
import { call, decide, expectProblem, type Answer } from './support/http.testkit.js';
import {
  needsBuild,
  startGatewayProgram,
  startNodeProgram,
  type StartedProgram,
} from './support/programs.testkit.js';
import { startedRedis } from './support/redis.testkit.js';
import { expectDecidedRight, replay } from './support/replay.testkit.js';
import { PATIENCE_MS, untilDecided } from './support/test-cluster.testkit.js';

needsBuild();

type Environment = Readonly<Record<string, string>>;

/** A Redis of the test's own, as gateways and nodes are told of it. */
async function environment(): Promise<Environment> {
  const { url } = await startedRedis();
  return { REDIS_URL: url };
}

async function startNodes(env: Environment): Promise<void> {
  await Promise.all([0, 1, 2, 3].map(() => startNodeProgram(env)));
}

function post(
  { url }: StartedProgram,
  data: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  return call(url, 'POST', '/requests', { json: { data }, headers });
}

async function kill({ program }: StartedProgram): Promise<void> {
  await program.stop('SIGKILL');
}

describe('a gateway killed after it accepted', () => {
  it('is succeeded by one that goes on, and tells the outcome under its id', async () => {
    const env = await environment();
    const first = await startGatewayProgram(env);
    const accepted = await post(first, 'kept', { prefer: 'respond-async' });
    expect(accepted).toMatchObject({ status: 202, body: { status: 'pending' } });
    const { id } = accepted.body;
    await kill(first);

    const second = await startGatewayProgram(env);
    expect(second.program.stdout).toContain('1 request accepted earlier, not decided yet');
    const pending = await call(second.url, 'GET', `/requests/${String(id)}`);
    expect(pending).toMatchObject({ status: 200, body: { id, status: 'pending' } });
    await startNodes(env);
    const kept = await untilDecided(second.url, id);
    const after = await decide(second.url, 'after');
    await expectDecidedRight(second.url, ['kept', 'after'], [kept, after]);
  });

  it('is succeeded by another one that runs already, within seconds', async () => {
    const env = await environment();
    const [dying, living] = await Promise.all([startGatewayProgram(env), startGatewayProgram(env)]);
    const { body } = await post(dying, 'kept', { prefer: 'respond-async' });
    await kill(dying);
    await startNodes(env);
    const kept = await untilDecided(living.url, body['id']);
    await expectDecidedRight(living.url, ['kept'], [kept]);
  });

  it('loses and repeats nothing, however often it is killed under load', async () => {
    const env = await environment();
    await startNodes(env);
    let gateway = await startGatewayProgram(env);
    const answers = new Map<string, DecidedAnswer>();
    let going = true;
    /** Asks for one thing after another, each until it is answered. */
    const load = async (worker: number): Promise<void> => {
      for (let count = 1; going; count += 1) {
        const data = `${worker}/${count}`;
        await vi.waitFor(
          async () => {
            const answer = await post(gateway, data, { 'idempotency-key': data });
            expect(answer.status).toBe(200);
            answers.set(data, answer.body as unknown as DecidedAnswer);
          },
          { timeout: PATIENCE_MS, interval: 20 },
        );
      }
    };
    const workers = [1, 2, 3, 4].map(load);
    for (let kills = 1; kills <= 3; kills += 1) {
      const target = answers.size + 20;
      await vi.waitFor(() => expect(answers.size).toBeGreaterThan(target), {
        timeout: PATIENCE_MS,
      });
      await kill(gateway);
      gateway = await startGatewayProgram(env);
    }
    going = false;
    await Promise.all(workers);
    await expectDecidedRight(gateway.url, [...answers.keys()], [...answers.values()]);
  });

  it('leaves its answers, its idempotency keys and its timestamps to the next', async () => {
    const env = await environment();
    await startNodes(env);
    const headers = { 'idempotency-key': 'order-17' };
    const answers: DecidedAnswer[] = [];
    for (const data of ['a', 'b', 'c']) {
      const gateway = await startGatewayProgram(env);
      const order = await post(gateway, 'order', headers);
      expect(order.status).toBe(200);
      if (answers.length === 0) answers.push(order.body as unknown as DecidedAnswer);
      expect(order.body).toEqual(answers[0]);
      expectProblem(await post(gateway, 'another', headers), 422, 'idempotency-key-reused');
      answers.push(await decide(gateway.url, data));
      for (const answer of answers) {
        const found = await call(gateway.url, 'GET', `/requests/${answer.id}`);
        expect(found).toMatchObject({ status: 200, body: answer });
      }
      await kill(gateway);
    }
    const ids = answers.map(({ id }) => id);
    expect([...new Set(ids)].sort()).toEqual(ids);
    const last = await startGatewayProgram(env);
    await expectDecidedRight(last.url, ['order', 'a', 'b', 'c'], answers);
  });
});

describe('a gateway told to end in the middle of requests', () => {
  it('answers every call that it took, and leaves the rest to the next', async () => {
    const env = await environment();
    await startNodes(env);
    const first = await startGatewayProgram(env);
    let answered = 0;
    /** Asks for one thing after another until the gateway takes no more; a call it took is answered. */
    const load = async (): Promise<Answer[]> => {
      for (const answers: Answer[] = []; ;) {
        const answer = await post(first, answers.length).catch(() => undefined);
        if (answer === undefined) return answers;
        answers.push(answer);
        answered += 1;
        if (answer.status !== 200) return answers;
      }
    };
    const workers = Array.from({ length: 20 }, load);
    await vi.waitFor(() => expect(answered).toBeGreaterThan(40), {
      timeout: PATIENCE_MS,
      interval: 1,
    });
    // In order, not by force: Nest ends by the signal itself once everything is closed.
    expect(await first.program.stop('SIGTERM')).toEqual({ code: null, signal: 'SIGTERM' });

    const answers = (await Promise.all(workers)).flat();
    const second = await startGatewayProgram(env);
    const kept: DecidedAnswer[] = [];
    for (const answer of answers) {
      if (answer.status === 200) kept.push(answer.body as unknown as DecidedAnswer);
      else {
        const { id } = expectProblem(answer, 503, 'shutting-down');
        if (id !== undefined) kept.push(await untilDecided(second.url, id));
      }
    }
    const executed = [...(await replay(second.url)).keys()];
    expect(new Set(kept.map(({ id }) => id)).size).toBe(kept.length);
    expect(executed).toHaveLength(kept.length);
  });
});

describe('one request through several gateways', () => {
  it.each([
    ['with one client id', ['east', 'east']],
    ['with client ids of their own', ['east', 'west']],
  ])('%s: the same Idempotency-Key at once is one execution', async (_, clientIds) => {
    const env = {
      ...(await environment()),
      CCRO_CONFIG: await clusterFile({ clients: ['east', 'west'] }),
    };
    await startNodes(env);
    const gateways = await Promise.all(
      clientIds.map((CLIENT_ID) => startGatewayProgram({ ...env, CLIENT_ID })),
    );
    const headers = { 'idempotency-key': 'K' };
    const calls = Array.from({ length: 10 }, () =>
      gateways.map((gateway) => post(gateway, 'once', headers)),
    ).flat();
    const answers = await Promise.all(calls);
    const [first] = answers;
    expect(first).toMatchObject({ status: 200, body: { status: 'decided' } });
    for (const { status, body } of answers) {
      expect({ status, body }).toEqual({ status: 200, body: first?.body });
    }
    for (const gateway of gateways) {
      expectProblem(await post(gateway, 'twice', headers), 422, 'idempotency-key-reused');
      const found = await call(gateway.url, 'GET', `/requests/${String(first?.body['id'])}`);
      expect(found.body).toEqual(first?.body);
    }
    const [gateway] = gateways;
    expect((await replay(gateway?.url ?? '')).size).toBe(1);
  });
});

describe('a retry after a timeout', () => {
  it('is the request that was accepted, executed once', async () => {
    const env = await environment();
    const gateway = await startGatewayProgram({ ...env, REQUEST_TIMEOUT_MS: '300' });
    const headers = { 'idempotency-key': 'K' };
    const inVain = await Promise.all([1, 2].map(() => post(gateway, 'late', headers)));
    const ids = inVain.map((answer) => expectProblem(answer, 504, 'decision-timeout')['id']);
    expect(new Set(ids).size).toBe(1);
    await startNodes(env);
    const answer = await vi.waitFor(
      async () => {
        const again = await post(gateway, 'late', headers);
        expect(again).toMatchObject({ status: 200, body: { id: ids[0] } });
        return again.body as unknown as DecidedAnswer;
      },
      { timeout: PATIENCE_MS, interval: 50 },
    );
    await expectDecidedRight(gateway.url, ['late'], [answer]);
  });
});
