import { systemClock } from '@ccro/clock';
import { developmentKey } from '@ccro/cluster-config';
import { createVerification, MessageSigner, RequestSigner } from '@ccro/crypto';
import type { Query } from '@ccro/wire';
import { describe, expect, it } from 'vitest';
import { NodeQueries } from './node-queries.js';
import { Rejections } from './rejections.js';

const CLUSTER = 'queries';
const NODE = 0;

/**
 * A node that answers with what `answer` says, and those who ask it. A query that it was sent again it
 * has taken already; undefined: it has not, and says nothing.
 */
class Scene {
  readonly heard: Query[] = [];
  readonly repeated: Query[] = [];

  readonly rejections = new Rejections();

  constructor(
    private readonly answer: (query: Query) => unknown,
    private readonly later: (deliver: () => void) => void = queueMicrotask,
  ) {}

  asker(): NodeQueries {
    const { verifier } = createVerification({
      cluster: CLUSTER,
      members: [developmentKey('node', NODE).publicKey],
      clients: new Map(),
    });
    const { secretKey } = developmentKey('node', NODE);
    const node = new MessageSigner({ cluster: CLUSTER, replica: NODE, secretKey });
    const client = developmentKey('client', 'gateway');
    const queries: NodeQueries = new NodeQueries({
      client: 'gateway',
      signer: new RequestSigner({ cluster: CLUSTER, secretKey: client.secretKey }),
      verifier,
      clock: systemClock,
      rejections: this.rejections,
      send: (_replica, query) => {
        const isTaken = this.heard.some(({ signature }) => signature === query.signature);
        (isTaken ? this.repeated : this.heard).push(query);
        const said = isTaken ? undefined : this.answer(query);
        if (said === undefined) {
          if (!isTaken) this.heard.pop();
          return Promise.resolve(1);
        }
        const answer = typeof said === 'string' ? said : JSON.stringify(said);
        const signed = { kind: 'answer', id: query.id, replica: NODE, answer } as const;
        this.later(() => queries.receive(node.signAnswer(signed)));
        return Promise.resolve(1);
      },
    });
    return queries;
  }
}

const STATUS = { type: 'status' } as const;

describe('asking a node', () => {
  it('E1: names the run of the node and a growing counter, as soon as the node has said it', async () => {
    let session = 'first';
    const taken = new Set<number>();
    const scene = new Scene((query) => {
      if (query.session !== session) return { retry: { session, counter: 5000 } };
      if (taken.has(query.counter)) return { retry: { session, counter: Math.max(...taken) } };
      taken.add(query.counter);
      return { up: true };
    });
    const asker = scene.asker();
    for (let times = 0; times < 3; times += 1) {
      expect(await asker.ask(NODE, STATUS, 1000)).toEqual({ up: true });
    }
    expect(scene.heard).toHaveLength(4);
    expect(Math.min(...taken)).toBeGreaterThan(5000);
    // The node starts again.
    session = 'second';
    expect(await asker.ask(NODE, STATUS, 1000)).toEqual({ up: true });
    expect(scene.heard).toHaveLength(6);
    // Another process with the same key is told where the counters are.
    expect(await scene.asker().ask(NODE, STATUS, 1000)).toEqual({ up: true });
  });

  it.each([
    ['nests too deep', `{"a":${'['.repeat(17)}${']'.repeat(17)}}`, STATUS, 'malformed'],
    ['is no object', '["up"]', STATUS, 'malformed'],
    ['is too long', JSON.stringify({ a: 'a'.repeat(1024 * 1024) }), STATUS, 'oversized'],
    [
      'is too long for a number',
      JSON.stringify({ newest: 1, a: 'a'.repeat(1024) }),
      { type: 'newest-timestamp' } as const,
      'oversized',
    ],
  ])('I14: an answer that %s is none', async (_what, text, query, code) => {
    const scene = new Scene(() => text);
    await expect(scene.asker().ask(NODE, query, 50)).rejects.toMatchObject({ code: 'no-answer' });
    expect(scene.rejections.snapshot()).toEqual({ [code]: 1 });
  });

  it('I14: what an honest node says is read whole', async () => {
    const evidence = [{ latest: { certificate: { proof: { signers: [[1]] } } } }];
    const scene = new Scene(() => ({ evidence, rest: 'a'.repeat(900_000) }));
    expect(await scene.asker().ask(NODE, STATUS, 1000)).toMatchObject({ evidence });
  });

  it('I14, sibling: what came while this process was busy was in time', async () => {
    const scene = new Scene(
      () => ({ up: true }),
      (deliver) => setImmediate(setImmediate, deliver),
    );
    const asked = scene.asker().ask(NODE, STATUS, 800);
    const busyUntil = performance.now() + 900;
    while (performance.now() < busyUntil);
    expect(await asked).toEqual({ up: true });
  });

  it('A5, sibling: asks again, in the same words, what a node did not take', async () => {
    const lost: Query[] = [];
    const scene = new Scene((query) => {
      if (lost.length === 2) return { up: true };
      lost.push(query);
      return undefined;
    });
    expect(await scene.asker().ask(NODE, STATUS, 1000)).toEqual({ up: true });
    expect(lost).toEqual([scene.heard[0], scene.heard[0]]);
  });

  it('A5, sibling: asks thrice at most, and no more once there is an answer', async () => {
    const answered = new Scene(() => ({ up: true }));
    await answered.asker().ask(NODE, STATUS, 20);
    let sent = 0;
    const silent = new Scene(() => {
      sent += 1;
      return undefined;
    });
    // Takes longer than the first one had time for.
    await expect(silent.asker().ask(NODE, STATUS, 80)).rejects.toMatchObject({ code: 'no-answer' });
    expect(sent).toBe(3);
    expect(answered.repeated).toEqual([]);
  });

  it('E1, sibling: does not go on for ever with a node that always wants another', async () => {
    const scene = new Scene(() => ({ retry: { session: 'again', counter: 1 } }));
    await expect(scene.asker().ask(NODE, STATUS, 1000)).rejects.toMatchObject({
      code: 'no-answer',
    });
    expect(scene.heard).toHaveLength(2);
  });

  it.each([0, 1, 1023, 1024, 1025, 5000])(
    'I24: a node that says its counters are at the end, but for %i, gives no answer and is asked again',
    async (left) => {
      const counter = Number.MAX_SAFE_INTEGER - left;
      const scene = new Scene(() => ({ retry: { session: 'last', counter } }));
      const asker = scene.asker();
      for (let times = 0; times < 12; times += 1) {
        await expect(asker.ask(NODE, STATUS, 1000)).rejects.toMatchObject({ code: 'no-answer' });
      }
      for (const query of scene.heard) expect(Number.isSafeInteger(query.counter)).toBe(true);
      expect(scene.heard.length).toBeGreaterThanOrEqual(12);
    },
  );
});
