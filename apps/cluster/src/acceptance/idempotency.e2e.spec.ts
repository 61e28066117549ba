/** Issue 2, acceptance: the same Idempotency-Key is the same request. */

import { describe, expect, it, vi } from 'vitest';
import type { DecidedAnswer } from '../gateway-api.js';
import { expectProblem, type Answer } from './support/http.testkit.js';
import { expectDecidedRight } from './support/replay.testkit.js';
import { PATIENCE_MS, startedCluster, type TestCluster } from './support/test-cluster.testkit.js';

function post(cluster: TestCluster, key: string, data: unknown): Promise<Answer> {
  return cluster.call('POST', '/requests', { json: { data }, headers: { 'idempotency-key': key } });
}

describe('the same Idempotency-Key', () => {
  it('twice: one execution, the same answer', async () => {
    const cluster = await startedCluster();
    const first = await post(cluster, 'K', 'once');
    const second = await post(cluster, 'K', 'once');
    expect(first).toMatchObject({ status: 200, body: { status: 'decided', sequence: 1 } });
    expect({ status: second.status, body: second.body }).toEqual({
      status: first.status,
      body: first.body,
    });
    await expectDecidedRight(
      cluster.gatewayUrl,
      ['once'],
      [first.body as unknown as DecidedAnswer],
    );
  });

  it.each([2, 20])('at once from %i connections: one execution, the same answer', async (count) => {
    const cluster = await startedCluster();
    const answers = await Promise.all(
      Array.from({ length: count }, () => post(cluster, 'K', 'once')),
    );
    const [first] = answers;
    expect(first).toMatchObject({ status: 200, body: { status: 'decided' } });
    for (const { status, body } of answers) {
      expect({ status, body }).toEqual({ status: 200, body: first?.body });
    }
    await expectDecidedRight(
      cluster.gatewayUrl,
      ['once'],
      [first?.body as unknown as DecidedAnswer],
    );
  });

  it('with another body is refused with 422, and nothing of it is decided', async () => {
    const cluster = await startedCluster();
    const { body } = await post(cluster, 'K', 'one');
    expectProblem(await post(cluster, 'K', 'other'), 422, 'idempotency-key-reused');
    await expectDecidedRight(cluster.gatewayUrl, ['one'], [body as unknown as DecidedAnswer]);
  });

  it('while the request is pending, and after: still the same one', async () => {
    const options = { faultInjection: true, requestTimeoutMs: 700 };
    const cluster = await startedCluster(options);
    const json = { kind: 'offline' };
    for (const id of [1, 3]) await cluster.call('PUT', `/nodes/${id}/fault`, { json });
    const inVain = await Promise.all([post(cluster, 'K', 'late'), post(cluster, 'K', 'late')]);
    const ids = inVain.map((answer) => expectProblem(answer, 504, 'decision-timeout')['id']);
    expect(new Set(ids).size).toBe(1);

    await cluster.call('DELETE', '/nodes/1/fault');
    const answer = await vi.waitFor(
      async () => {
        const again = await post(cluster, 'K', 'late');
        expect(again).toMatchObject({ status: 200, body: { id: ids[0] } });
        return again.body as unknown as DecidedAnswer;
      },
      { timeout: PATIENCE_MS, interval: 50 },
    );
    await expectDecidedRight(cluster.gatewayUrl, ['late'], [answer]);
  });
});
