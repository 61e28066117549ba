import { systemClock } from '@ccro/clock';
import { developmentKey } from '@ccro/cluster-config';
import { createVerification, MessageSigner, RequestSigner } from '@ccro/crypto';
import type { Query } from '@ccro/wire';
import { describe, expect, it } from 'vitest';
import { NodeQueries } from './node-queries.js';
import { Rejections } from './rejections.js';

const CLUSTER = 'queries';
const NODE = 0;

/** A node that answers with what `answer` says, and those who ask it. */
class Scene {
  readonly heard: Query[] = [];

  constructor(private readonly answer: (query: Query) => unknown) {}

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
      rejections: new Rejections(),
      send: (_replica, query) => {
        this.heard.push(query);
        const answer = JSON.stringify(this.answer(query));
        const signed = { kind: 'answer', id: query.id, replica: NODE, answer } as const;
        queueMicrotask(() => queries.receive(node.signAnswer(signed)));
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

  it('E1, sibling: does not go on for ever with a node that always wants another', async () => {
    const scene = new Scene(() => ({ retry: { session: 'again', counter: 1 } }));
    await expect(scene.asker().ask(NODE, STATUS, 1000)).rejects.toMatchObject({
      code: 'no-answer',
    });
    expect(scene.heard).toHaveLength(2);
  });
});
