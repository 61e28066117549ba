import { clusterKeys, developmentCluster } from '@ccro/cluster-config';
import type { Decision } from '@ccro/consensus';
import { ReceiptVerifier, type Receipt } from '@ccro/receipt';
import type { NodeQuery } from '@ccro/wire';
import { afterEach, describe, expect, it } from 'vitest';
import { expectProblem } from '../../test/expect-problem.js';
import { travelForm } from '../../test/scripted-cluster.js';
import {
  closeStarted,
  startedGateway as start,
  type StartedGateway,
} from '../../test/started-gateway.js';

afterEach(closeStarted);

// As whoever is handed a receipt: with the public keys alone.
const auditor = new ReceiptVerifier(
  clusterKeys(developmentCluster({ nodes: 4, mode: 'ccro', cluster: 'gateway-spec' })),
);

interface Decided {
  readonly id: string;
  readonly sequence: number;
  readonly digest: string;
  readonly result: unknown;
}

async function decided(started: StartedGateway): Promise<Decided> {
  const { body } = await started.call('POST', '/requests', { json: { data: 'prove it' } });
  return body as unknown as Decided;
}

/** The receipt's text, byte for byte. @throws unless it was answered with 200 and holds */
async function receiptOf(started: StartedGateway, id: string): Promise<Receipt> {
  const response = await fetch(`${started.gateway.url}/requests/${id}/receipt`);
  const bytes = new Uint8Array(await response.arrayBuffer());
  const shown = { status: response.status, text: new TextDecoder().decode(bytes) };
  expect(shown).toMatchObject({ status: 200 });
  expect(response.headers.get('content-type')).toContain('application/json');
  const verdict = auditor.verify(bytes);
  if (!verdict.holds) throw new Error(verdict.reason);
  return verdict.receipt;
}

/** A replica answers as `say` has it when it is asked for a reply, else honestly. */
function onReply(say: unknown): { answer: (query: NodeQuery, honest: unknown) => unknown } {
  return { answer: (query, honest) => (query.type === 'reply' ? say : honest) };
}

const GONE = onReply({ reply: null, lastExecuted: 1 });

/** A decision whose requests have a signature that is none of theirs. */
function withoutSignatures(decision: Decision | undefined): unknown {
  if (decision === undefined) throw new Error('nothing was decided');
  const signature = 'A'.repeat(86);
  const requests = decision.requests.map((request) => ({ ...request, signature }));
  return { decisions: [travelForm({ ...decision, requests })], lastExecuted: 1 };
}

describe('GET /requests/:id/receipt', () => {
  it('proves what the call was answered with', async () => {
    const started = await start();
    const { id, sequence, digest, result } = await decided(started);
    const receipt = await receiptOf(started, id);
    expect(receipt).toMatchObject({
      request: { client: 'gateway', operation: '{"type":"append","data":"prove it"}' },
      certificate: { sequence, digest },
      result: JSON.stringify(result),
    });
    expect(`gateway-${receipt.request.timestamp}`).toBe(id);
  });

  it('proves requests that were signed together one by one', async () => {
    const started = await start();
    const requests = [1, 2, 3].map((data) => ({ data }));
    const { body } = await started.call('POST', '/requests/batch', { json: { requests } });
    const { results } = body as unknown as { readonly results: readonly Decided[] };
    const receipts = await Promise.all(results.map(({ id }) => receiptOf(started, id)));
    expect(receipts.map(({ request }) => JSON.parse(request.operation) as unknown)).toEqual(
      requests.map(({ data }) => ({ type: 'append', data })),
    );
    expect(receipts.some(({ request }) => request.signedWith !== undefined)).toBe(true);
  });

  it('is made of what nodes say when it is asked for', async () => {
    const started = await start();
    const { id } = await decided(started);
    for (const script of started.cluster.scripts) script.offline = true;
    expectProblem(await started.call('GET', `/requests/${id}/receipt`), 503, 'quorum-unreachable');
    for (const script of started.cluster.scripts) script.offline = false;
    await receiptOf(started, id);
  });

  it.each([0, 1, 2, 3])('whatever node %i says, it holds', async (liar) => {
    const started = await start();
    const { id, result } = await decided(started);
    const { cluster } = started;
    const forged = withoutSignatures(cluster.decisions[0]);
    const lies: typeof cluster.scripts = [
      { result: (honest) => ({ ...honest, result: '"another result"' }) },
      { result: (honest) => ({ ...honest, sequence: honest.sequence + 1 }) },
      GONE,
      onReply({ reply: { kind: 'reply' }, lastExecuted: 1 }),
      onReply('nonsense'),
      { offline: true },
      { answer: (query, honest) => (query.type === 'decision' ? forged : honest) },
    ];
    for (const lie of lies) {
      cluster.scripts[liar] = lie;
      const receipt = await receiptOf(started, id);
      expect(receipt.result).toBe(JSON.stringify(result));
      expect(receipt.replies).toHaveLength(2);
    }
  });

  it('answers 404 for what is no request', async () => {
    const started = await start();
    for (const id of ['gateway-1', 'x', '%2F']) {
      expectProblem(await started.call('GET', `/requests/${id}/receipt`), 404, 'not-found');
    }
  });

  it('answers 409 while the request is pending', async () => {
    const started = await start();
    started.cluster.stalled = true;
    const headers = { prefer: 'respond-async' };
    const { body } = await started.call('POST', '/requests', { json: { data: 1 }, headers });
    const id = String(body['id']);
    expectProblem(await started.call('GET', `/requests/${id}/receipt`), 409, 'not-decided');
  });

  it('answers 410 when so many nodes have dropped it that no f+1 can be found', async () => {
    const started = await start();
    const { id } = await decided(started);
    const { scripts } = started.cluster;
    scripts[0] = scripts[1] = GONE;
    await receiptOf(started, id);
    scripts[2] = GONE;
    expectProblem(await started.call('GET', `/requests/${id}/receipt`), 410, 'no-longer-kept');
    // A node that does not answer may have it.
    scripts[1] = scripts[2] = { offline: true };
    expectProblem(await started.call('GET', `/requests/${id}/receipt`), 503, 'quorum-unreachable');
  });

  it('answers 410 when nobody keeps the decision', async () => {
    const started = await start();
    const { id } = await decided(started);
    for (const script of started.cluster.scripts) {
      script.answer = () => ({ decisions: [], lastExecuted: 1 });
    }
    expectProblem(await started.call('GET', `/requests/${id}/receipt`), 410, 'no-longer-kept');
  });
});
