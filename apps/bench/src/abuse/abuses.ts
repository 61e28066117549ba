/**
 * Attacks that may cost honest nodes more than the sender: by an outsider without keys, a member and a
 * client that sign with their own. Each is an endless sequence of messages, no two alike.
 */

import { channelNames } from '@ccro/broker';
import {
  clusterSize,
  type Digest,
  type Phase,
  type ReplicaId,
  type UnsignedMemberMessage,
  type UnsignedViewChange,
} from '@ccro/consensus';
import { MessageSigner, RequestSigner } from '@ccro/crypto';
import { appendOperation } from '@ccro/state-machine';
import {
  encode,
  formatNodeQuery,
  MAX_LEDGER_LIMIT,
  MAX_MESSAGE_BYTES,
  type NodeQuery,
  type QueryRetry,
} from '@ccro/wire';
import { createHash, randomBytes } from 'node:crypto';

/** What abuses are made with: everything that is public, and the keys of a faulty member and client. */
export interface Means {
  readonly cluster: string;
  readonly n: number;
  readonly member: ReplicaId;
  readonly memberKey: string;
  readonly client: string;
  readonly clientKey: string;
  /** Some slot that honest nodes have decided. */
  readonly decided: number;
  /** What the nodes told the client to name in its queries. */
  readonly sessions: ReadonlyMap<ReplicaId, QueryRetry>;
}

export interface Abuse {
  readonly by: 'outsider' | 'member' | 'client';
  readonly name: string;
  /** The channel of the message of that number; by default that of all nodes. */
  readonly to?: (means: Signing, index: number) => string;
  /** The message of that number. */
  readonly message: (means: Signing, index: number) => Uint8Array;
}

/** The means, with what signs made once. */
export interface Signing extends Means {
  readonly signer: MessageSigner;
  readonly requests: RequestSigner;
  readonly channels: ReturnType<typeof channelNames>;
}

export function signing(means: Means): Signing {
  const { cluster, member: replica, memberKey, clientKey } = means;
  return {
    ...means,
    signer: new MessageSigner({ cluster, replica, secretKey: memberKey }),
    requests: new RequestSigner({ cluster, secretKey: clientKey }),
    channels: channelNames(cluster),
  };
}

/** 64 hexadecimal digits that follow from a number and are the digest of nothing. */
function digestOf(index: number, salt = ''): Digest {
  return createHash('sha256').update(`${salt}${index}`).digest('hex') as Digest;
}

const someSignature = (): string => `${randomBytes(63).toString('base64url')}AA`;
const PHASES: readonly Phase[] = ['prepare', 'commit', 'checkpoint'];
const SMALL = 1_000;
/** Slots of a view-change, about as many as one may report. */
const SLOTS = 100;

/** JSON of an object, signed or not. */
function json(message: object): Uint8Array {
  return Buffer.from(JSON.stringify(message));
}

/** What the faulty member signs. */
function signed({ signer }: Signing, message: UnsignedMemberMessage): Uint8Array {
  return encode(signer.sign(message));
}

/** To one after another of the nodes, without the faulty member. */
function inTurn({ channels, n }: Signing, index: number): string {
  return channels.node(index % (n - 1));
}

export const ABUSES: readonly Abuse[] = [
  { by: 'outsider', name: 'bytes', message: () => randomBytes(SMALL) },
  {
    by: 'outsider',
    name: 'messages that are too large',
    message: () => randomBytes(MAX_MESSAGE_BYTES + 1),
  },
  {
    by: 'outsider',
    name: 'JSON that nests',
    message: (_means, index) =>
      Buffer.from(`{"kind":"pre-prepare","view":${index},"bodies":${'['.repeat(100_000)}`),
  },
  {
    by: 'outsider',
    name: 'votes with a wrong signature',
    message: ({ n, decided }, index) =>
      json({
        kind: 'vote',
        phase: PHASES[index % 2],
        view: 0,
        sequence: decided + 1 + (index % 50),
        digest: digestOf(index),
        replica: index % n,
        attempt: 0,
        signature: someSignature(),
      }),
  },
  {
    by: 'outsider',
    name: 'requests with a wrong signature',
    message: ({ client }, index) =>
      json({
        kind: 'request',
        client,
        timestamp: index + 1,
        operation: appendOperation(index),
        signature: someSignature(),
      }),
  },
  {
    by: 'member',
    name: 'votes on everything',
    message: (means, index) =>
      signed(means, {
        kind: 'vote',
        phase: PHASES[index % 3] ?? 'prepare',
        view: 0,
        sequence: means.decided + 1 + (index % 200),
        digest: digestOf(index),
        replica: means.member,
        attempt: index % 4,
      }),
  },
  {
    by: 'member',
    name: 'calls for help',
    message: ({ signer, member: replica }, index) =>
      json(
        signer.sign({
          kind: 'status',
          replica,
          view: 0,
          lastExecuted: 0,
          attempt: index + 1,
          asks: true,
          settings: [],
          run: 'run',
          answers: null,
        } as never),
      ),
  },
  {
    by: 'member',
    name: 'fetches of decisions',
    to: inTurn,
    message: (means, index) =>
      signed(means, {
        kind: 'fetch',
        replica: means.member,
        sequence: 1 + (index % means.decided),
        digest: digestOf(index),
      }),
  },
  {
    by: 'member',
    name: 'fetches of state',
    to: inTurn,
    message: (means, index) =>
      signed(means, {
        kind: 'fetch-chunk',
        replica: means.member,
        sequence: 50 * (1 + (index % 4)),
        chunk: index % 2 === 0 ? '' : 'ledger',
        part: index % 8,
      }),
  },
  {
    by: 'member',
    name: 'view-changes with false certificates',
    message: (means, index) => signed(means, viewChange(means, index)),
  },
  {
    by: 'member',
    name: 'new-views of view-changes that nobody sent',
    message: (means, index) =>
      signed(means, {
        kind: 'new-view',
        view: means.member + means.n * (index % 1_000),
        viewChanges: Array.from({ length: clusterSize(means.n).quorum }, (_, id) => ({
          replica: id,
          digest: digestOf(index, `view-change ${id}`),
        })),
        reproposals: [],
        replica: means.member,
      }),
  },
  {
    by: 'client',
    name: 'requests far apart',
    to: ({ channels }, index) => channels.node(index % 2),
    message: ({ requests, client }, index) =>
      encode(
        requests.sign({
          client,
          timestamp: 1 + (index % 2) * 1_000_000_000 + index * 5_000,
          operation: appendOperation('x'.repeat(50_000)),
        }),
      ),
  },
  {
    by: 'client',
    name: 'queries for pages of the ledger',
    to: inTurn,
    message: (means, index) =>
      queryOf(means, index, { type: 'ledger', from: 1, limit: MAX_LEDGER_LIMIT }),
  },
  {
    by: 'client',
    name: 'queries for the status',
    to: inTurn,
    message: (means, index) => queryOf(means, index, { type: 'status' }),
  },
];

/** A query to the node whose turn it is, which has to take it as fresh. */
function queryOf(means: Signing, index: number, query: NodeQuery): Uint8Array {
  const { requests, client, sessions, n } = means;
  const replica = index % (n - 1);
  const { session, counter } = sessions.get(replica) ?? { session: 'unknown', counter: 0 };
  const named = { id: `query-${index}`, client, replica, session, counter: counter + 1 + index };
  const statement = { kind: 'query', ...named, query: formatNodeQuery(query) } as const;
  return encode(requests.signQuery(statement));
}

function viewChange({ member: replica }: Signing, index: number): UnsignedViewChange {
  const slots = Array.from({ length: SLOTS }, (_, slot) => {
    const sequence = slot + 1;
    const digest = digestOf(slot);
    return {
      sequence,
      vote: { view: 0, digest },
      certificate: {
        kind: 'certificate' as const,
        phase: 'prepare' as const,
        view: 0,
        sequence,
        digest,
        proof: {
          scheme: 'ed25519',
          signers: [0, 1, 2],
          signatures: [someSignature(), someSignature(), someSignature()],
        },
      },
    };
  });
  return {
    kind: 'view-change',
    view: index + 1,
    stable: { sequence: 0, digest: digestOf(0, 'genesis'), certificate: null },
    slots,
    replica,
  };
}
