/**
 * Bytes and messages from outside, thrown at honest replicas: messages of every kind that pass the schema, real
 * messages with values or bytes changed, signed by a member and a client that are held to nothing, or not at all.
 * No replica may stop, break an invariant, say much more than it was told, or fail to decide afterwards.
 */

import { developmentKey, GATEWAY_CLIENT } from '@ccro/cluster-config';
import { KINDS, type Request, type UnsignedMemberMessage } from '@ccro/consensus';
import { MessageSigner, RequestSigner } from '@ccro/crypto';
import { compact, decode, encode, peekKind } from '@ccro/wire';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Scene } from '../libs/simulator/src/scenarios/scene.testkit.js';
import { arbitraryMessage } from './arbitrary-messages.testkit.js';
import {
  type ByteChange,
  byteChanges,
  changeBytes,
  changeJson,
  fuzz,
  fuzzTimeoutMs,
  type JsonChange,
  jsonChanges,
} from './fuzz.testkit.js';

const N = 4;
/** A member and a client that are held to nothing: their keys sign what is thrown. */
const TRAITOR = 3;
const LIAR = 'mallory';
const CLIENTS = [GATEWAY_CLIENT, LIAR] as const;
const CLUSTER = 'simulated';
const REFUSALS = ['malformed', 'oversized', 'unknown-kind', 'other-codec'];
/** What honest replicas may send for what was thrown at them: so many bytes, and so many times its own. */
const ANSWER_BYTES = 400_000;
const ANSWER_FACTOR = 40;

type Document = Record<string, unknown>;

/** Something thrown at the cluster. */
interface Thrown {
  readonly to: number;
  readonly signed: boolean;
  readonly what:
    | { readonly message: Document }
    | { readonly heard: number; readonly json: readonly JsonChange[] }
    | { readonly heard: number; readonly bytes: readonly ByteChange[] };
}

/** A run in which replicas fall behind, a view changes and state is fetched: all kinds are said. */
async function aLongConversation(): Promise<{ payloads: Uint8Array[]; digests: string[] }> {
  const tuning = { checkpointInterval: 4, windowSize: 8, fastPath: true };
  const scene = await Scene.of({ n: N, mode: 'ccro', faulty: [TRAITOR], tuning });
  scene.node(2).crash();
  scene.node(TRAITOR).setFault('offline');
  scene.node(TRAITOR).setFault(undefined);
  await scene.decide(['a', 'b', 'c'], 20_000);
  scene.node(0).crash();
  scene.node(2).restart();
  await scene.decide(['d', 'e', 'f', 'g', 'h', 'i'], 60_000);
  scene.node(0).restart();
  await scene.decide(['j', 'k'], 60_000);
  await scene.untilLevel(4, 60_000);
  const digests = new Set<string>();
  for (const { message } of scene.said) {
    if ('digest' in message) digests.add(message.digest);
    if (message.kind === 'pre-prepare') message.requests.forEach((one) => digests.add(one));
  }
  return { payloads: scene.said.map(({ payload }) => payload), digests: [...digests] };
}

const member = new MessageSigner({
  cluster: CLUSTER,
  replica: TRAITOR,
  secretKey: developmentKey('node', TRAITOR).secretKey,
});
const client = new RequestSigner({
  cluster: CLUSTER,
  secretKey: developmentKey('client', LIAR).secretKey,
});

/** The document under the traitors' own keys, if such a thing can be signed at all. */
function sign(document: Document, onSigned: (request: Request) => void): Uint8Array {
  try {
    if (document.kind === 'request') {
      const { timestamp, operation } = document as { timestamp: number; operation: string };
      const request = client.sign({ client: LIAR, timestamp, operation });
      onSigned(request);
      return encode(request);
    }
    const own = { ...document, replica: TRAITOR };
    const { signature } = member.sign(own as unknown as UnsignedMemberMessage);
    return Buffer.from(JSON.stringify({ ...own, signature }));
  } catch {
    return Buffer.from(JSON.stringify(document));
  }
}

function bytesOf(
  { what, signed }: Thrown,
  heard: readonly Uint8Array[],
  onSigned: (request: Request) => void = () => undefined,
): Uint8Array {
  if ('bytes' in what) return changeBytes(heard[what.heard % heard.length]!, what.bytes);
  const document =
    'message' in what
      ? what.message
      : changeJson(
          JSON.parse(Buffer.from(heard[what.heard % heard.length]!).toString()) as Document,
          what.json,
        );
  return signed ? sign(document, onSigned) : Buffer.from(JSON.stringify(document));
}

describe('what comes over the broker', async () => {
  const { payloads, digests } = await aLongConversation();
  const words = { digests, clients: [...CLIENTS, 'nobody'], n: N };
  const heard = fc.nat({ max: payloads.length - 1 });
  const thrown: fc.Arbitrary<Thrown> = fc.record({
    to: fc.nat({ max: TRAITOR - 1 }),
    signed: fc.boolean(),
    what: fc.oneof(
      ...KINDS.map((kind) => fc.record({ message: arbitraryMessage(kind, words) })),
      { weight: 8, arbitrary: fc.record({ heard, json: jsonChanges }) },
      { weight: 4, arbitrary: fc.record({ heard, bytes: byteChanges }) },
    ),
  });

  it('has real messages of every kind between replicas to begin with', () => {
    const kinds = new Set(payloads.map((payload) => peekKind(payload)));
    const said = ['request', 'pre-prepare', 'vote', 'certificate', 'reply', 'status', 'decision'];
    expect([...kinds]).toEqual(expect.arrayContaining([...said, 'view-change', 'new-view']));
  });

  it(
    'is refused or read, and what was read is spelt the same again',
    async () => {
      const runs = await fuzz(thrown, (one) => {
        const payload = bytesOf(one, payloads);
        const decoded = decode(payload, CLUSTER);
        if (decoded.message === undefined) {
          expect(REFUSALS).toContain(decoded.rejected);
          return;
        }
        const again = decode(encode(decoded.message), CLUSTER);
        expect(again.message).toEqual(decoded.message);
        const packed = compact.encode(decoded.message);
        expect(compact.decode(packed, CLUSTER)).toEqual(decoded);
      });
      expect(runs).toBeGreaterThan(0);
    },
    fuzzTimeoutMs(),
  );

  it(
    'is refused or read in the compact form as well, and has one spelling there',
    async () => {
      const packed = payloads.flatMap((payload) => {
        const { message } = decode(payload, CLUSTER);
        return message === undefined ? [] : [compact.encode(message)];
      });
      const which = fc.nat({ max: packed.length - 1 });
      const runs = await fuzz(fc.record({ which, changes: byteChanges }), (one) => {
        const payload = changeBytes(packed[one.which]!, one.changes);
        const { message, rejected } = compact.decode(payload, CLUSTER);
        if (message === undefined) expect(REFUSALS).toContain(rejected);
        else expect(Buffer.compare(compact.encode(message), payload)).toBe(0);
      });
      expect(runs).toBeGreaterThan(0);
    },
    fuzzTimeoutMs(),
  );

  it.each(['pbft', 'ccro'] as const)(
    'leaves a cluster in %s mode deciding, sound and terse',
    async (mode) => {
      const several = fc.array(thrown, { minLength: 1, maxLength: 60 });
      const runs = await fuzz(several, async (volley) => {
        const tuning = { checkpointInterval: 4, windowSize: 8, fastPath: true };
        const clients = CLIENTS;
        const scene = await Scene.of({ n: N, mode, faulty: [TRAITOR], tuning, clients });
        const { checkers } = scene.cluster;
        scene.node(TRAITOR).setFault('offline');
        await scene.decide(['a', 'b', 'c', 'd', 'e'], 60_000);
        const before = scene.said.length;
        let received = 0;
        for (const one of volley) {
          const payload = bytesOf(one, payloads, (request) => checkers.onSigned(request));
          received += payload.length;
          scene.publish(TRAITOR, one.to, payload);
          await scene.pass(5);
        }
        await scene.pass(3_000);
        const answered = scene.said
          .slice(before)
          .filter(({ from }) => from === 0 || from === 1 || from === 2)
          .reduce((sum, { payload }) => sum + payload.length, 0);
        expect(answered).toBeLessThan(ANSWER_BYTES + ANSWER_FACTOR * received);
        await scene.decide(['after'], 120_000);
        scene.expectSound();
      });
      expect(runs).toBeGreaterThan(0);
    },
    fuzzTimeoutMs(),
  );
});
