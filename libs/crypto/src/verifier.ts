import {
  bare,
  decides,
  isBare,
  quorumSize,
  withCertificates,
  type BriefReply,
  type ChunkPart,
  type ClientId,
  type Decision,
  type Digest,
  type NewView,
  type PrePrepare,
  type ProtocolMessage,
  type ReplicaId,
  type RejectCode,
  type Reply,
  type Request,
  type Signature,
  type Verified,
  type VerifiedMessage,
  type ViewChange,
  type Vote,
} from '@ccro/consensus';
import type { SignatureScheme } from './certificate-scheme.js';
import { hasWellFormedTexts } from './catalogue-bytes.js';
import { isDerived } from './derived-request.js';
import { resultProofRoot, resultsRoot, sha256, type ResultProof } from './digests.js';
import { memberKeys, parsePublicKey, signatureHolds } from './keys.js';
import { merkleRoot } from './merkle.js';
import { ProvenCertificates } from './proven-certificates.js';
import { type MemberMessage, memberMessageBytes } from './signer.js';
import {
  type AnswerStatement,
  answerBytes,
  type QueryStatement,
  queryBytes,
  replyBytes,
  requestBytes,
} from './signing-bytes.js';
import { asVerified } from './verified.js';
import { VerifiedLists } from './verified-lists.js';
import { isAscending, refuseViewChangeShape, viewChangeBytes } from './view-change.js';
import { isWellFormed } from './well-formed.js';

export interface VerifierOptions {
  readonly cluster: string;
  /** Public keys of all members, by replica id; base64url. */
  readonly members: readonly string[];
  /** Public keys of the clients that may send requests; base64url. */
  readonly clients: ReadonlyMap<ClientId, string>;
  readonly scheme: SignatureScheme;
  /** A request that was verified before, so that its signature is not checked again. */
  readonly knownRequest?: (digest: Digest) => Request | undefined;
  /** The vote of this phase, sequence number and replica that was verified before, if one was. */
  readonly knownVote?: (vote: Vote) => Vote | undefined;
  /** Certificates that were verified before, so that others which say the same need no check. */
  readonly proven?: ProvenCertificates;
  /** Whether the certificates in a view-change are worth checking; by default they are. */
  readonly wantsProofs?: (viewChange: ViewChange) => boolean;
}

/**
 * Decides what may enter the core: signatures, membership, digests. Nothing a peer sends makes it
 * throw, as long as it passed the schema of `libs/wire`; what it refuses has a reject code.
 */
export class Verifier {
  private readonly cluster: string;
  private readonly members: readonly Uint8Array[];
  private readonly quorum: number;
  private readonly clients: ReadonlyMap<ClientId, Uint8Array>;
  private readonly scheme: SignatureScheme;
  private readonly lists: VerifiedLists;
  private readonly knownRequest: (digest: Digest) => Request | undefined;
  private readonly knownVote: (vote: Vote) => Vote | undefined;
  private readonly proven: ProvenCertificates;
  private readonly wantsProofs: (viewChange: ViewChange) => boolean;

  /** @throws KeyError for a malformed key, or one that two members share */
  constructor(options: VerifierOptions) {
    const { cluster, members, clients, scheme } = options;
    this.cluster = cluster;
    this.members = memberKeys(members);
    this.quorum = quorumSize(members.length);
    this.clients = new Map(
      [...clients].map(([client, publicKey]) => [client, parsePublicKey(publicKey)]),
    );
    this.scheme = scheme;
    this.lists = new VerifiedLists(cluster);
    this.knownRequest = options.knownRequest ?? (() => undefined);
    this.knownVote = options.knownVote ?? (() => undefined);
    this.proven = options.proven ?? new ProvenCertificates();
    this.wantsProofs = options.wantsProofs ?? (() => true);
  }

  /** @returns the message itself, marked as verified, or why it is refused */
  verify(message: ProtocolMessage): VerifiedMessage | RejectCode {
    switch (message.kind) {
      case 'request':
        return this.refuseRequest(message) ?? asVerified(message);
      case 'requests':
        return this.refuseRequests(message.requests) ?? asVerified(message);
      case 'pre-prepare':
        return this.refusePrePrepare(message) ?? asVerified(message);
      case 'vote':
        return this.refuseVote(message) ?? asVerified(message);
      case 'chunk-part':
        return this.refuseChunkPart(message) ?? asVerified(message);
      case 'certificate':
        return this.scheme.refuseCertificate(message) ?? asVerified(message);
      case 'decision':
        return this.refuseDecision(message) ?? asVerified(message);
      case 'view-change':
        return this.verifyViewChange(message);
      case 'new-view':
        return this.refuseNewView(message) ?? asVerified(message);
      default:
        return this.refuseSender(message) ?? asVerified(message);
    }
  }

  /** For clients: whether a member signed exactly these results. */
  verifyReply<R extends Reply | BriefReply>(reply: R): Verified<R> | RejectCode {
    return this.refuseReply(reply) ?? asVerified(reply);
  }

  /** One result of a reply, shown without the others. @returns undefined when it holds */
  refuseResultProof(proof: ResultProof): RejectCode | undefined {
    if (!isWellFormed(proof.result.result)) return 'malformed';
    const root = resultProofRoot(proof);
    if (root === undefined) return 'digest-mismatch';
    const bytes = (): Uint8Array => replyBytes(this.cluster, proof, root);
    return this.refuseMember(proof.replica, proof.signature, bytes);
  }

  /** Whether the vote is its replica's own word: what makes it evidence. */
  verifyVoteSignature(vote: Vote): boolean {
    return this.scheme.refuseVote(vote) === undefined;
  }

  /** Told of the own votes as they are made, so that certificates with them cost less to check. */
  remember(vote: Verified<Vote>): void {
    this.scheme.remember(vote);
  }

  /** Whether votes are cheaper to check together than one by one. */
  get checksVotesTogether(): boolean {
    return this.scheme.checksTogether;
  }

  /**
   * What `verify` would say of each vote, in their order.
   *
   * @param votes on one (phase, view, sequence, digest)
   */
  verifyVotes(votes: readonly Vote[]): (Verified<Vote> | RejectCode)[] {
    const refusals = this.scheme.refuseVotes(votes);
    return votes.map((vote, index) => refusals[index] ?? asVerified(vote));
  }

  /** @returns why the query is refused, or undefined. Its age is the receiver's to judge. */
  refuseQuery(query: QueryStatement & { readonly signature: Signature }): RejectCode | undefined {
    if (!isWellFormed(query.query)) return 'malformed';
    const key = this.clients.get(query.client);
    if (key === undefined) return 'unknown-client';
    const holds = signatureHolds(queryBytes(this.cluster, query), query.signature, key);
    return holds ? undefined : 'bad-signature';
  }

  /** @returns why the answer is refused, or undefined. Its id is the asker's to compare. */
  refuseAnswer(
    answer: AnswerStatement & { readonly signature: Signature },
  ): RejectCode | undefined {
    if (!isWellFormed(answer.answer)) return 'malformed';
    const bytes = (): Uint8Array => answerBytes(this.cluster, answer);
    return this.refuseMember(answer.replica, answer.signature, bytes);
  }

  private refuseReply(reply: Reply | BriefReply): RejectCode | undefined {
    const isText =
      reply.kind === 'brief-reply' || reply.results.every(({ result }) => isWellFormed(result));
    if (!isText) return 'malformed';
    const root = (): Digest => (reply.kind === 'reply' ? resultsRoot(reply) : reply.root);
    const bytes = (): Uint8Array => replyBytes(this.cluster, reply, root());
    return this.refuseMember(reply.replica, reply.signature, bytes);
  }

  /** A vote that is repeated, letter by letter but for the hint, is not checked again. */
  private refuseVote(vote: Vote): RejectCode | undefined {
    const known = this.knownVote(vote);
    const isSame =
      known?.phase === vote.phase &&
      known.view === vote.view &&
      known.sequence === vote.sequence &&
      known.digest === vote.digest &&
      known.replica === vote.replica &&
      known.signature === vote.signature;
    return isSame ? undefined : this.scheme.refuseVote(vote);
  }

  private refuseRequest(request: Request): RejectCode | undefined {
    const key = this.clients.get(request.client);
    if (key === undefined) return 'unknown-client';
    const refusal = this.refuseDigest(request);
    if (refusal !== undefined) return refusal;
    if (request.signedWith !== undefined) {
      return this.lists.holds(request, key) ? undefined : 'bad-signature';
    }
    const known = this.knownRequest(request.digest);
    // An equal digest says that the content is equal; the signature has to be as well.
    if (known?.signedWith === undefined && known?.signature === request.signature) return undefined;
    const bytes = requestBytes(this.cluster, request.digest);
    return signatureHolds(bytes, request.signature, key) ? undefined : 'bad-signature';
  }

  private refuseRequests(requests: readonly Request[]): RejectCode | undefined {
    if (requests.length === 0) return 'malformed';
    for (const request of requests) {
      const refused = this.refuseRequest(request);
      if (refused !== undefined) return refused;
    }
    return undefined;
  }

  /** Whether a request is what its digest stands for. */
  private refuseDigest(request: Request): RejectCode | undefined {
    if (!isWellFormed(request.operation)) return 'malformed';
    return isDerived(this.cluster, request) ? undefined : 'digest-mismatch';
  }

  private refusePrePrepare(prePrepare: PrePrepare): RejectCode | undefined {
    const refusal = this.refuseSender(prePrepare);
    if (refusal !== undefined) return refusal;
    const { digest, requests, bodies } = prePrepare;
    if (merkleRoot(requests) !== digest) return 'digest-mismatch';
    if (bodies.length === 0) return undefined;
    const listed = new Set(requests);
    // It is taken off the list, so a body that comes twice, which only costs time, is not found.
    if (!bodies.every(({ digest: body }) => listed.delete(body))) return 'digest-mismatch';
    return this.refuseRequests(bodies);
  }

  /**
   * A certificate that decides says that a quorum prepared the digest, and no honest replica prepares a
   * batch with a request it has not verified: the requests' own signatures need no check here,
   * only that these are the requests the digest stands for. (A request's signature is not part of
   * its digest: who needs it, as receipts do, takes it from where it was checked.)
   */
  private refuseDecision(decision: Decision): RejectCode | undefined {
    const { sequence, view, digest, requests, certificate } = decision;
    const sameSlot = certificate.sequence === sequence && certificate.view === view;
    if (!decides(certificate, this.members.length) || !sameSlot) return 'malformed';
    if (certificate.digest !== digest) return 'digest-mismatch';
    const refusal = this.scheme.refuseCertificate(certificate);
    if (refusal !== undefined) return refusal;
    for (const request of requests) {
      const refused = this.refuseDigest(request);
      if (refused !== undefined) return refused;
    }
    const root = merkleRoot(requests.map((request) => request.digest));
    return root === digest ? undefined : 'digest-mismatch';
  }

  /** Whether the chunk is the certified one shows when it is whole. */
  private refuseChunkPart(message: ChunkPart): RejectCode | undefined {
    if (message.part >= message.parts) return 'malformed';
    return this.refuseSender(message);
  }

  /**
   * The shape, then the sender's signature, and only then the certificates inside: of each one that
   * is known already serves, and the others are checked if that is of use now, else left out.
   */
  private verifyViewChange(viewChange: ViewChange): Verified<ViewChange> | RejectCode {
    const { replica, signature, digest } = viewChange;
    if (this.members[replica] === undefined) return 'unknown-member';
    const shape = refuseViewChangeShape(viewChange);
    if (shape !== undefined) return shape;
    const bytes = viewChangeBytes(this.cluster, viewChange);
    if (digest !== sha256(bytes)) return 'digest-mismatch';
    const refusal = this.refuseMember(replica, signature, () => bytes);
    if (refusal !== undefined) return refusal;
    return this.proveViewChange(viewChange);
  }

  private proveViewChange(viewChange: ViewChange): Verified<ViewChange> | RejectCode {
    const isWanted = this.wantsProofs(viewChange);
    let refusal: RejectCode | undefined;
    const proven = withCertificates(viewChange, (certificate) => {
      const isClaim = isBare(certificate);
      if (!isClaim) refusal ??= this.scheme.refuseForm(certificate);
      const known = this.proven.find(certificate);
      // It says the same, letter by letter, as far as its type goes as well.
      if (known !== undefined) return known as unknown as typeof certificate;
      if (isClaim || !isWanted) return isClaim ? certificate : bare(certificate);
      refusal ??= this.scheme.refuseCertificate(certificate);
      return certificate;
    });
    return refusal ?? asVerified(proven);
  }

  /** A quorum of members, each once, before the signature: no other new-view can be valid. */
  private refuseNewView(newView: NewView): RejectCode | undefined {
    const { viewChanges, reproposals } = newView;
    const referred = viewChanges.map(({ replica }) => replica);
    const isQuorum =
      referred.length === this.quorum &&
      isAscending(referred) &&
      referred.every((replica) => this.members[replica] !== undefined);
    const inOrder = isAscending(reproposals.map(({ sequence }) => sequence));
    return isQuorum && inOrder ? this.refuseSender(newView) : 'malformed-view-change';
  }

  private refuseSender(message: Exclude<MemberMessage, Vote>): RejectCode | undefined {
    if (!hasWellFormedTexts(message)) return 'malformed';
    const bytes = (): Uint8Array => memberMessageBytes(this.cluster, message);
    return this.refuseMember(message.replica, message.signature, bytes);
  }

  /** Bytes are made only for a member: another id need not fit into their layout. */
  private refuseMember(
    replica: ReplicaId,
    signature: Signature,
    bytes: () => Uint8Array,
  ): RejectCode | undefined {
    const key = this.members[replica];
    if (key === undefined) return 'unknown-member';
    return signatureHolds(bytes(), signature, key) ? undefined : 'bad-signature';
  }
}

/** Whether `verify` refused. */
export function isRejected(outcome: { readonly kind: string } | RejectCode): outcome is RejectCode {
  return typeof outcome === 'string';
}
