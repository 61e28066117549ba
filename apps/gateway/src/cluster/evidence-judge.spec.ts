import { channelNames } from '@ccro/broker';
import { developmentKey } from '@ccro/cluster-config';
import type { Evidence, PrePrepare, Request, Vote } from '@ccro/consensus';
import { createDigests, createEd25519Scheme, MessageSigner, RequestSigner } from '@ccro/crypto';
import { encodeReport, type EvidenceEvent, type NodeReport } from '@ccro/telemetry';
import { json, type WireMessage } from '@ccro/wire';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { followEvents } from '../../test/event-reader.js';
import { closeStarted, startedGateway } from '../../test/started-gateway.js';

afterEach(closeStarted);

const CLUSTER = 'gateway-spec';
const ONE = 'a'.repeat(64);
const OTHER = 'b'.repeat(64);

const signers = [0, 1, 2, 3].map(
  (replica) =>
    new MessageSigner({
      ...{ cluster: CLUSTER, replica },
      secretKey: developmentKey('node', replica).secretKey,
    }),
);

function signerOf(replica: number): MessageSigner {
  const signer = signers[replica];
  if (signer === undefined) throw new Error(`no node ${replica}`);
  return signer;
}

function vote(replica: number, digest: string, parts: Partial<Vote> = {}): Vote {
  const slot = { phase: 'commit', view: 0, sequence: 5, attempt: 0 } as const;
  return signerOf(replica).sign({ kind: 'vote', replica, digest, ...slot, ...parts });
}

const shown = (message: WireMessage): unknown => JSON.parse(json.encode(message).toString());

const votes = (one: Vote, other: Vote): object => ({
  ...{ kind: 'conflicting-votes', accused: one.replica, votes: [shown(one), shown(other)] },
});

function reportOf(evidence: NodeReport['evidence']): NodeReport {
  return {
    ...{ kind: 'telemetry', node: 1, every: 1, omitted: 0, messages: [], decisions: [] },
    state: {
      ...{ view: 0, primary: 0, collector: 2, lastExecuted: 1, fault: null },
      counters: { received: 0, rejected: 0, unsent: 0, badVotes: 0, fast: 0, slow: 0, caughtUp: 0 },
    },
    ...{ progress: [], evidence },
  };
}

/** A gateway whose node 1 shows this against node 3. */
async function shows(kind: Evidence['kind'], latest: object) {
  const made = await startedGateway();
  const entry = { accused: 3, kind, count: 1, latest };
  made.cluster.scripts[1] = {
    answer: (query, honest) =>
      query.type === 'status' ? { ...(honest as object), evidence: [entry] } : honest,
  };
  const suspects = async (): Promise<unknown> => (await made.call('GET', '/status')).body.suspects;
  return { ...made, suspects };
}

describe('what evidence is worth', () => {
  it('H2: two votes that the accused signed are a proof, and say what it rests on', async () => {
    const { suspects } = await shows('conflicting-votes', votes(vote(3, ONE), vote(3, OTHER)));
    expect(await suspects()).toMatchObject([
      { id: 3, standing: 'proven', witnesses: [1], restsOn: expect.stringContaining('signature') },
    ]);
  });

  it('H2, sibling: a vote against a certified decision is signed, and no proof', async () => {
    const members = signers.map((_, id) => developmentKey('node', id).publicKey);
    const certificate = createEd25519Scheme({ cluster: CLUSTER, members }).assemble(
      [0, 1, 2].map((replica) => vote(replica, ONE) as never),
    );
    const against = (accused: Vote) => ({
      ...{ kind: 'vote-against-decision', accused: 3 },
      ...{ vote: shown(accused), certificate: shown(certificate) },
    });
    const kind = 'vote-against-decision';
    const { suspects } = await shows(kind, against(vote(3, OTHER)));
    expect(await suspects()).toMatchObject([{ id: 3, standing: 'signed' }]);
    // In another view it may have been the right one.
    const earlier = await shows(kind, against(vote(3, OTHER, { view: 1 })));
    expect(await earlier.suspects()).toMatchObject([{ id: 3, standing: 'suspected' }]);
  });

  it('H2, sibling: two proposals that the accused signed are a proof', async () => {
    const keys = developmentKey('client', 'gateway');
    const requests = new RequestSigner({ cluster: CLUSTER, secretKey: keys.secretKey });
    const proposal = (operation: string): PrePrepare => {
      const draft = { client: 'gateway', timestamp: 1, operation };
      const request: Request = requests.sign(draft);
      return signerOf(3).sign({
        ...{ kind: 'pre-prepare', view: 3, sequence: 5, replica: 3, collector: 1 },
        ...{
          digest: createDigests().batch([request.digest]),
          requests: [request.digest],
          bodies: [],
        },
      });
    };
    const latest = {
      ...{ kind: 'conflicting-proposals', accused: 3 },
      proposals: [shown(proposal('a')), shown(proposal('b'))],
    };
    const { suspects } = await shows('conflicting-proposals', latest);
    expect(await suspects()).toMatchObject([{ id: 3, standing: 'proven' }]);
  });

  it.each([
    ['of another node', votes(vote(2, ONE), vote(2, OTHER))],
    ['that say the same', votes(vote(3, ONE), vote(3, ONE))],
    ['on two slots', votes(vote(3, ONE), vote(3, OTHER, { sequence: 6 }))],
    ['in two views', votes(vote(3, ONE), vote(3, OTHER, { view: 1 }))],
    ['with a broken signature', votes(vote(3, ONE), { ...vote(3, ONE), digest: OTHER })],
    ['of another kind', { kind: 'conflicting-proposals', proposals: [] }],
    ['that are none', { kind: 'conflicting-votes', votes: [null, 7] }],
  ])('I6: statements %s make a suspicion of it, and no more', async (_, latest) => {
    const { suspects } = await shows('conflicting-votes', latest);
    expect(await suspects()).toMatchObject([{ id: 3, standing: 'suspected', witnesses: [1] }]);
  });

  it('I6: telemetry accuses nobody of more than the statements of the witness show', async () => {
    const made = await shows('conflicting-votes', votes(vote(3, ONE), vote(3, OTHER)));
    const node = made.hub.broker('node');
    await node.connect();
    onTestFinished(() => node.close());
    const { events } = await followEvents(made.gateway.url);
    const evidence = [3, 2].map((accused) => ({
      ...{ accused, kind: 'conflicting-votes' as const, view: 0, sequence: 5 },
    }));
    const channel = channelNames(CLUSTER).telemetry(1);
    await vi.waitFor(async () =>
      expect(await node.publish(channel, encodeReport(reportOf(evidence)))).toBe(1),
    );
    const told = (): EvidenceEvent[] => events.filter((event) => event.type === 'evidence');
    await vi.waitFor(() => expect(told().length).toBeGreaterThanOrEqual(2));
    const standings = new Set(told().map(({ accused, standing }) => `${accused} ${standing}`));
    expect(standings).toEqual(new Set(['3 proven', '2 suspected']));
  });
});
