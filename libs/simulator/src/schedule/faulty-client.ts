/** The client whose word is worth nothing: it signs what it should not, and sends what is not so. */

import { channelNames, type ChannelNames } from '@ccro/broker';
import { developmentKey } from '@ccro/cluster-config';
import type { ClientId, ReplicaId, Request } from '@ccro/consensus';
import { RequestSigner, sha256, type DigestedDraft } from '@ccro/crypto';
import { putOperation } from '@ccro/state-machine';
import { json, type WireMessage } from '@ccro/wire';
import type { SimulatedCluster } from '../simulated-cluster.js';
import { FAULTY_CLIENT } from './schedule.js';

type List = readonly Request[];

/** Requests that it gives to one replica alone. */
const SCATTERED = 3;

export class FaultyClient {
  private readonly signer: RequestSigner;
  private readonly channels: ChannelNames;
  /** In whose name it speaks. */
  private readonly victim: ClientId;

  constructor(private readonly cluster: SimulatedCluster) {
    const { secretKey } = developmentKey('client', FAULTY_CLIENT);
    this.signer = new RequestSigner({ cluster: cluster.facts.cluster, secretKey });
    this.channels = channelNames(cluster.facts.cluster);
    const others = [...cluster.clients.keys()].filter((id) => id !== FAULTY_CLIENT);
    this.victim = others[0] ?? FAULTY_CLIENT;
  }

  /** Two operations under one timestamp, each for half of the nodes. */
  signTwice(timestamp: number, key: string): void {
    const [one, other] = ['one', 'other'].map((value) =>
      this.signer.sign({ client: FAULTY_CLIENT, timestamp, operation: putOperation(key, value) }),
    );
    if (one === undefined || other === undefined) return;
    this.signed(one, other);
    this.toHalves(one, other);
  }

  /**
   * One operation under two lists, each for half of the nodes; an operation that comes twice in a
   * list; digests of nothing; lists under another list's signature; and another client's operation
   * on a list of its own.
   */
  signLists(first: number, key: string): void {
    const [a, b, c, d, e, g] = [0, 1, 2, 3, 4, 5].map((step) => this.draft(first + step, key));
    if (!a || !b || !c || !d || !e || !g) return;
    const [ab, ac] = [this.signer.signAll([a, b]), this.signer.signAll([c, a])];
    this.signed(...ab, ...ac);
    this.toHalves(listOf(ab), listOf(ac));
    const withNothing = this.signer.signAll([
      { ...d, digest: sha256(`${key}: nothing`) },
      d,
      { ...d, digest: sha256(`${key}: nothing either`) },
      d,
    ]);
    const present = withNothing.filter(({ digest }) => digest === d.digest);
    this.signed(...present);
    this.toAll(listOf(present.slice(0, 1)));
    this.toAll(listOf(present));
    // Never signed: what executes of these was believed without a check.
    const unsigned = this.signer.signAll([e, g]);
    this.toAll(listOf(under(unsigned, ab)));
    this.toAll({ ...stripped(unsigned), signature: ac[0]?.signature ?? '' });
    this.steal(first, key);
  }

  /** To each replica requests that no other one has, and one timestamp with another operation. */
  scatter(first: number, key: string): void {
    for (const replica of this.cluster.facts.members.keys()) {
      for (let step = 1; step <= SCATTERED; step += 1) {
        this.sendSigned(
          replica,
          first + SCATTERED * replica + step,
          putOperation(key, `scattered ${step}`),
        );
      }
      this.sendSigned(replica, first, putOperation(key, `for ${replica}`));
    }
  }

  private sendSigned(replica: ReplicaId, timestamp: number, operation: string): void {
    const request = this.signer.sign({ client: FAULTY_CLIENT, timestamp, operation });
    this.signed(request);
    this.send(replica, request);
  }

  /** Signs another client's operation, beside one of its own, which makes the list known. */
  private steal(timestamp: number, key: string): void {
    const operation = putOperation(key, 'stolen');
    const theft = this.signer.digest({ client: this.victim, timestamp, operation });
    const [own, stolen] = this.signer.signAll([this.draft(timestamp + 6, key), theft]);
    if (own === undefined || stolen === undefined) return;
    this.signed(own);
    this.toAll(listOf([own]));
    this.toAll(listOf([stolen]));
  }

  private draft(timestamp: number, key: string): DigestedDraft {
    const operation = putOperation(key, `listed ${timestamp}`);
    return this.signer.digest({ client: FAULTY_CLIENT, timestamp, operation });
  }

  private signed(...requests: List): void {
    for (const request of requests) this.cluster.checkers.onSigned(request);
  }

  private toHalves(one: WireMessage, other: WireMessage): void {
    for (const replica of this.cluster.facts.members.keys()) {
      this.send(replica, replica % 2 === 0 ? one : other);
    }
  }

  private toAll(message: WireMessage): void {
    for (const replica of this.cluster.facts.members.keys()) this.send(replica, message);
  }

  private send(replica: ReplicaId, message: WireMessage): void {
    const channel = this.channels.node(replica);
    this.cluster.network.publish(FAULTY_CLIENT, channel, json.encode(message));
  }
}

function listOf(requests: List): WireMessage {
  return { kind: 'requests', requests };
}

/** The requests with the signature that `others` have. */
function under(requests: List, others: List): List {
  const [other] = others;
  return requests.map((request) => ({ ...request, signature: other?.signature ?? '' }));
}

/** The first of a list, as if it had been signed alone. */
function stripped([first]: List): Request {
  if (first === undefined) throw new RangeError('a list has requests');
  const { kind, client, timestamp, operation, digest, signature } = first;
  return { kind, client, timestamp, operation, digest, signature };
}
