/** What an outsider without any of the cluster's keys can put on its channels (scenarios 52 to 54). */

import { developmentKey, GATEWAY_CLIENT } from '@ccro/cluster-config';
import type { Certificate, Vote } from '@ccro/consensus';
import { createDigests, generateKeyPair, MessageSigner, RequestSigner } from '@ccro/crypto';
import { seededRandom } from '@ccro/faults';
import { appendOperation } from '@ccro/state-machine';
import { json, MAX_MESSAGE_BYTES } from '@ccro/wire';
import { randomBytes } from 'node:crypto';

export interface OutsiderOptions {
  readonly cluster: string;
  /** Number of replicas. */
  readonly n: number;
  /** A sequence number that the cluster works on, or soon will. */
  readonly sequence: () => number;
  /** Messages of the cluster, overheard. */
  readonly recorded: readonly string[];
}

type Maker = () => Uint8Array;

/** By the reason for which replicas must refuse them. `replay` may have several reasons. */
export type OutsiderKind =
  | 'malformed'
  | 'oversized'
  | 'unknown-kind'
  | 'bad-signature'
  | 'unknown-member'
  | 'unknown-client'
  | 'certificate-bad-signature'
  | 'unsolicited'
  | 'replay';

/** Makers of messages, by kind; each call makes another one. */
export function outsiderMessages(options: OutsiderOptions): Readonly<Record<OutsiderKind, Maker>> {
  const { cluster, recorded } = options;
  const random = seededRandom('outsider');
  const pick = <T>(choices: readonly T[]): T => {
    const choice = choices[Math.floor(random() * choices.length)];
    if (choice === undefined) throw new Error('nothing to choose from');
    return choice;
  };
  const anyOf = (makers: readonly Maker[]): Maker => {
    return () => pick(makers)();
  };
  const text = (make: () => string): Maker => {
    return () => Buffer.from(make());
  };
  const forged = forgeries(options, cluster, () => generateKeyPair().secretKey, random);
  // Members sign with the same keys in another cluster of development keys.
  const foreign = forgeries(
    options,
    'another-cluster',
    (id) => developmentKey('node', id).secretKey,
    random,
  );
  const cutOff = (message: string): string =>
    message.slice(0, Math.floor(random() * (message.length - 1)));

  return {
    malformed: anyOf([
      () => randomBytes(1 + Math.floor(random() * 200)),
      text(() => ''),
      text(() => 'null'),
      text(() => cutOff(pick(recorded))),
      text(() => pick(recorded).replace(/}$/, ',"unknown":1}')),
      text(() => `{"kind":"vote","votes":${'['.repeat(400)}${']'.repeat(400)}}`),
      text(() => '{"kind":"vote","__proto__":{"phase":"prepare"}}'),
    ]),
    oversized: anyOf([
      () => Buffer.alloc(MAX_MESSAGE_BYTES + 1, '{"kind":"request",'),
      text(() => `{"kind":"vote","phase":"${'x'.repeat(4096)}"}`),
    ]),
    'unknown-kind': anyOf([
      text(() => '{"kind":"nonsense"}'),
      text(() => '{"kind":"constructor"}'),
      text(() => '{"kind":"gossip","replica":0}'),
    ]),
    'bad-signature': anyOf([forged.vote, forged.status, forged.request, foreign.vote]),
    'unknown-member': forged.strangersVote,
    'unknown-client': forged.strangersRequest,
    'certificate-bad-signature': forged.certificate,
    unsolicited: text(() => JSON.stringify(answerOf(cluster, random))),
    replay: text(() => pick(recorded)),
  };
}

/** Messages that look right and are signed, but not by the right key for this cluster. */
function forgeries(
  { n, sequence }: OutsiderOptions,
  cluster: string,
  secretKeyFor: (replica: number) => string,
  random: () => number,
): Readonly<
  Record<
    'vote' | 'status' | 'request' | 'strangersVote' | 'strangersRequest' | 'certificate',
    Maker
  >
> {
  const keys = Array.from({ length: n }, (_, replica) => secretKeyFor(replica));
  const clientKey = generateKeyPair().secretKey;
  const aReplica = (): number => Math.floor(random() * n);
  const aDigest = (): string => randomBytes(32).toString('hex');
  const aSlot = () => ({
    phase: random() < 0.5 ? ('prepare' as const) : ('commit' as const),
    view: 0,
    sequence: sequence(),
    digest: aDigest(),
  });
  const signer = (replica: number): MessageSigner =>
    new MessageSigner({ cluster, replica, secretKey: keys[replica % n] ?? clientKey });
  const voteOf = (replica: number): Vote =>
    signer(replica).sign({ kind: 'vote', ...aSlot(), replica, attempt: 0 });
  const requestOf = (client: string): Uint8Array =>
    json.encode(
      new RequestSigner({ cluster, secretKey: clientKey }).sign({
        client,
        timestamp: Math.floor(random() * Number.MAX_SAFE_INTEGER),
        operation: appendOperation('forged'),
      }),
    );
  return {
    vote: () => json.encode(voteOf(aReplica())),
    status: () => {
      const replica = aReplica();
      const position = { view: 0, lastExecuted: 0, attempt: 0, asks: true };
      const told = { settings: [], run: 'run', answers: null };
      return json.encode(signer(replica).sign({ kind: 'status', replica, ...position, ...told }));
    },
    request: () => requestOf(GATEWAY_CLIENT),
    strangersVote: () => json.encode(voteOf(n + 1 + aReplica())),
    strangersRequest: () => requestOf('stranger'),
    certificate: () => {
      const digest = createDigests().batch([aDigest()]);
      const signers = Array.from({ length: n - Math.floor((n - 1) / 3) }, (_, replica) => replica);
      const signatures = signers.map((replica) => voteOf(replica).signature);
      const proof = { scheme: 'ed25519', signers, signatures };
      const certificate: Certificate = { kind: 'certificate', ...aSlot(), digest, proof };
      return json.encode(certificate);
    },
  };
}

/** An answer, which is no message for replicas whoever signed it. */
function answerOf(cluster: string, random: () => number): object {
  const secretKey = generateKeyPair().secretKey;
  const answer = { kind: 'answer', id: 'none', replica: 0, answer: String(random()) } as const;
  return new MessageSigner({ cluster, replica: 0, secretKey }).signAnswer(answer);
}
