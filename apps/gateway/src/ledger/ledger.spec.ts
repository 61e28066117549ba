import { Verifier } from '@ccro/crypto';
import type { NodeQuery } from '@ccro/wire';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { expectProblem } from '../../test/expect-problem.js';
import { travelForm } from '../../test/scripted-cluster.js';
import {
  closeStarted,
  startedGateway as start,
  type StartedGateway,
} from '../../test/started-gateway.js';

afterEach(closeStarted);

interface Page {
  readonly decisions: readonly { readonly sequence: number }[];
  readonly next: number | null;
}

async function withDecisions(count: number): Promise<StartedGateway> {
  const started = await start();
  for (let data = 1; data <= count; data += 1) {
    await started.call('POST', '/requests', { json: { data } });
  }
  return started;
}

/** Replaces what a replica says of the ledger. */
function says(decisions: (query: NodeQuery) => unknown): { answer: (query: NodeQuery) => unknown } {
  return { answer: (query) => ({ decisions: decisions(query), lastExecuted: 1 }) };
}

async function sequences(started: StartedGateway, query = ''): Promise<[number[], number | null]> {
  const { body } = await started.call('GET', `/ledger${query}`);
  const { decisions, next } = body as unknown as Page;
  return [decisions.map(({ sequence }) => sequence), next];
}

describe('GET /ledger', () => {
  it('shows decided batches with their certificates', async () => {
    const started = await withDecisions(2);
    const { status, body } = await started.call('GET', '/ledger');
    const [first, second] = started.cluster.decisions;
    expect(status).toBe(200);
    expect(body).toMatchObject({
      decisions: [
        {
          sequence: 1,
          view: 0,
          digest: first?.digest,
          requests: [{ client: 'gateway', operation: '{"type":"append","data":1}' }],
          certificate: first?.certificate,
        },
        { sequence: 2, digest: second?.digest },
      ],
      next: 3,
    });
  });

  it('pages', async () => {
    const started = await withDecisions(5);
    expect(await sequences(started, '?from=2&limit=3')).toEqual([[2, 3, 4], 5]);
    expect(await sequences(started, '?from=5')).toEqual([[5], 6]);
    expect(await sequences(started, '?from=6')).toEqual([[], null]);
  });

  it('I15, sibling: is checked in slices, also where many are asked for at once', async () => {
    const started = await withDecisions(40);
    const verifier = started.gateway.app.get(Verifier);
    const verify = verifier.verify.bind(verifier);
    let most = 0;
    let inThisRound = 0;
    vi.spyOn(verifier, 'verify').mockImplementation((message) => {
      if (inThisRound === 0) {
        setImmediate(() => {
          most = Math.max(most, inThisRound);
          inThisRound = 0;
        });
      }
      inThisRound += 1;
      return verify(message);
    });
    // Each check takes two milliseconds, on every machine.
    let nowMs = performance.now();
    vi.spyOn(performance, 'now').mockImplementation(() => (nowMs += 2));
    onTestFinished(() => void vi.restoreAllMocks());
    const pages = await Promise.all(
      Array.from({ length: 6 }, () => sequences(started, '?limit=40')),
    );
    for (const [shown] of pages) expect(shown).toHaveLength(40);
    expect(most).toBeGreaterThan(0);
    expect(most).toBeLessThanOrEqual(6);
  });

  it('believes one honest node and no liar', async () => {
    const started = await withDecisions(2);
    const { cluster } = started;
    const [first, second] = cluster.decisions;
    if (first === undefined || second === undefined) throw new Error('two were decided');
    const forged = { ...first, certificate: second.certificate };
    const swapped = { ...first, requests: second.requests };
    cluster.scripts[0] = says(() => [travelForm(forged), travelForm(second)]);
    cluster.scripts[1] = says(() => [travelForm(swapped), null, 'x', { kind: 'decision' }]);
    cluster.scripts[2] = says(() => [travelForm(second), travelForm(first)]);
    expect(await sequences(started, '?limit=2')).toEqual([[1, 2], 3]);
  });

  it('does not take the word of one node that there is nothing', async () => {
    const started = await withDecisions(2);
    started.cluster.scripts[1] = says(() => []);
    expect(await sequences(started)).toEqual([[1, 2], 3]);
  });

  it('answers 503 when fewer than f+1 nodes give a valid answer', async () => {
    const started = await withDecisions(1);
    for (const replica of [0, 1]) started.cluster.scripts[replica] = { offline: true };
    started.cluster.scripts[2] = { answer: () => 'nonsense' };
    expectProblem(await started.call('GET', '/ledger'), 503, 'quorum-unreachable');
  });
});

describe('GET /ledger/:sequence', () => {
  it('shows one decision, from whichever node can prove it', async () => {
    const started = await withDecisions(2);
    started.cluster.scripts[2] = says(() => []);
    started.cluster.scripts[3] = { offline: true };
    const { status, body } = await started.call('GET', '/ledger/2');
    expect(status).toBe(200);
    expect(body).toMatchObject({ sequence: 2, digest: started.cluster.decisions[1]?.digest });
  });

  it('answers 410 when it was decided and no node has it, not while one that may have it is silent', async () => {
    const started = await withDecisions(1);
    const { scripts } = started.cluster;
    for (const replica of [0, 1, 2]) scripts[replica] = says(() => []);
    // Node 1 is asked first: nodes 1 and 2 make f+1, and node 3 has it all the same.
    expect(await started.call('GET', '/ledger/1')).toMatchObject({ status: 200 });
    for (const silent of [{ offline: true }, { answer: () => 'nonsense' }]) {
      scripts[3] = silent;
      expectProblem(await started.call('GET', '/ledger/1'), 503, 'quorum-unreachable');
      expectProblem(await started.call('GET', '/ledger'), 503, 'quorum-unreachable');
      expectProblem(await started.call('GET', '/ledger/2'), 404, 'not-found');
    }
    scripts[3] = says(() => []);
    expectProblem(await started.call('GET', '/ledger/1'), 410, 'no-longer-kept');
    expectProblem(await started.call('GET', '/ledger'), 410, 'no-longer-kept');
  });

  it('answers 404 when nothing was decided there yet', async () => {
    const started = await withDecisions(1);
    expectProblem(await started.call('GET', '/ledger/2'), 404, 'not-found');
  });
});
