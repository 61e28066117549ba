import { developmentCluster, developmentKey, clusterKeys } from '@ccro/cluster-config';
import type { Certificate, Request, RequestResult, StoreRecord, Verified } from '@ccro/consensus';
import { createDigests, createVerification, MessageSigner, RequestSigner } from '@ccro/crypto';
import { describe, expect, it } from 'vitest';
import { Checkers } from './checkers.js';

const config = developmentCluster({ nodes: 4, mode: 'ccro' });
const { cluster } = config;
const digests = createDigests();
const client = new RequestSigner({
  cluster,
  secretKey: developmentKey('client', 'gateway').secretKey,
});

function checkers(): Checkers {
  const { scheme, verifier } = createVerification(clusterKeys(config));
  return new Checkers(new Set([0, 1, 2]), scheme, verifier);
}

function request(timestamp: number, operation = 'op'): Request {
  return client.sign({ client: 'gateway', timestamp, operation });
}

function executed(
  sequence: number,
  requests: readonly Request[],
  overrides: { ledgerHead?: string; results?: readonly RequestResult[] } = {},
): StoreRecord {
  const digest = digests.batch(requests.map((each) => each.digest));
  const results = requests.map(({ timestamp, digest: each }) => {
    return { timestamp, request: each, sequence, batch: digest, result: '1' };
  });
  const certificate = certificateOn(sequence, digest, [0, 1, 2]);
  const decision = { kind: 'decision', sequence, view: 0, digest, requests, certificate } as const;
  return { kind: 'executed', decision, results, ledgerHead: 'head', ...overrides };
}

function certificateOn(
  sequence: number,
  digest: string,
  signers: readonly number[],
): Verified<Certificate> {
  const { scheme } = createVerification(clusterKeys(config));
  return scheme.assemble(signers.map((replica) => signed(replica, sequence, digest)));
}

function signed(replica: number, sequence: number, digest: string) {
  const { secretKey } = developmentKey('node', replica);
  return new MessageSigner({ cluster, replica, secretKey }).sign({
    kind: 'vote',
    phase: 'commit',
    view: 0,
    sequence,
    digest,
    replica,
    attempt: 0,
  });
}

const found = (from: Checkers): string[] => from.violations.map(({ invariant }) => invariant);

describe('each checker finds what it is for', () => {
  it('nothing in a sound run', () => {
    const made = checkers();
    for (const replica of [0, 1]) {
      made.onStored(replica, executed(1, [request(1)]));
      made.onStored(replica, executed(2, [request(2), request(3)]));
    }
    made.onVote(signed(0, 1, 'a'.repeat(64)));
    made.onVote(signed(0, 1, 'a'.repeat(64)));
    expect(made.violations).toEqual([]);
  });

  it('agreement: another batch, another history', () => {
    const made = checkers();
    made.onStored(0, executed(1, [request(1)]));
    made.onStored(1, executed(1, [request(2)]));
    made.onStored(2, executed(1, [request(1)], { ledgerHead: 'other' }));
    expect(found(made)).toEqual(['agreement', 'agreement']);
  });

  it('order: a gap, a repetition', () => {
    const made = checkers();
    made.onStored(0, executed(2, [request(1)]));
    made.onStored(0, executed(2, [request(1)], { results: [] }));
    expect(found(made)).toEqual(['order', 'order']);
  });

  it('validity: what no client signed', () => {
    const made = checkers();
    made.onStored(0, executed(1, [{ ...request(1), signature: request(2).signature }]));
    expect(found(made)).toEqual(['validity']);
  });

  it('integrity: one request twice', () => {
    const made = checkers();
    made.onStored(0, executed(1, [request(1)]));
    made.onStored(0, executed(2, [request(1)]));
    expect(found(made)).toEqual(['integrity']);
  });

  it('no equivocation: two digests in one phase and view, by an honest replica', () => {
    const made = checkers();
    for (const replica of [1, 3]) {
      made.onVote(signed(replica, 1, 'a'.repeat(64)));
      made.onVote(signed(replica, 1, 'b'.repeat(64)));
    }
    expect(found(made)).toEqual(['no-equivocation']);
  });

  it('certificates: one below the quorum', () => {
    const made = checkers();
    const certificate = certificateOn(1, 'a'.repeat(64), [0, 1]);
    made.onStored(0, { kind: 'certified', certificate });
    expect(found(made)).toEqual(['certificates']);
  });

  it('faulty replicas may store what they like', () => {
    const made = checkers();
    made.onStored(3, executed(7, [request(1)]));
    expect(made.violations).toEqual([]);
  });
});
