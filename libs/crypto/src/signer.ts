import {
  type BriefReply,
  type ClientId,
  type Digest,
  isUnsigned,
  type MemberKind,
  type Message,
  type OutgoingMessage,
  type ProtocolMessage,
  type ReplicaId,
  type Reply,
  type Request,
  type Signature,
  type Timestamp,
  type UnsignedMemberMessage,
  type UnsignedReply,
  type Verified,
} from '@ccro/consensus';
import {
  bytesOf,
  hasWellFormedTexts,
  LAID_OUT_KINDS,
  type LaidOutKind,
} from './catalogue-bytes.js';
import { requestDigest, resultsRoot } from './digests.js';
import { parseSecretKey, signBytes } from './keys.js';
import {
  type AnswerStatement,
  answerBytes,
  type QueryStatement,
  queryBytes,
  replyBytes,
  requestBytes,
  requestListBytes,
  voteBytes,
} from './signing-bytes.js';
import { asVerified } from './verified.js';
import { viewChangeBytes, viewChangeDigest } from './view-change.js';
import { voteSigner } from './voting-keys.js';
import { isWellFormed } from './well-formed.js';

const NOT_WELL_FORMED = 'text with lone surrogates cannot be signed';

/** What replicas sign, of what the core has them sign. */
export type MemberMessage = Message<MemberKind>;

/** The signed message that belongs to an unsigned one. */
export type SignedForm<M extends UnsignedMemberMessage> = Extract<
  MemberMessage,
  { readonly kind: M['kind'] }
>;

/** What a replica sends, ready for the wire. */
export type SealedMessage = ProtocolMessage | Reply | BriefReply;

export interface MessageSignerOptions {
  readonly cluster: string;
  readonly replica: ReplicaId;
  /** Seed in base64url. */
  readonly secretKey: string;
  /** Seed of the BLS key in base64url, if votes are signed with it. */
  readonly votingSecretKey?: string | undefined;
}

/** Signs what one replica says: about 25 µs a message, and 500 µs a vote with BLS. */
export class MessageSigner {
  private readonly cluster: string;
  private readonly replica: ReplicaId;
  private readonly key: Uint8Array;
  private readonly signVote: (bytes: Uint8Array) => Signature;

  /** @throws KeyError for a malformed secret key */
  constructor({ cluster, replica, secretKey, votingSecretKey }: MessageSignerOptions) {
    this.cluster = cluster;
    this.replica = replica;
    this.key = parseSecretKey(secretKey);
    this.signVote =
      votingSecretKey === undefined
        ? (bytes) => signBytes(bytes, this.key)
        : voteSigner(votingSecretKey);
  }

  /**
   * Signs a message of this replica. What it signed itself needs no check, so the result is
   * verified.
   *
   * @throws RangeError for a bug of ours: the message names another replica as its sender, or a
   *   text of it is not well-formed
   */
  sign<M extends UnsignedMemberMessage>(message: M): Verified<SignedForm<M>> {
    if (message.replica !== this.replica) {
      throw new RangeError(`replica ${this.replica} cannot sign for ${message.replica}`);
    }
    if (!hasWellFormedTexts(message)) throw new RangeError(NOT_WELL_FORMED);
    const bytes = memberMessageBytes(this.cluster, message);
    const signature = message.kind === 'vote' ? this.signVote(bytes) : signBytes(bytes, this.key);
    // The kinds correspond one to one, which the compiler cannot follow through a type parameter.
    const derived =
      message.kind === 'view-change' ? { digest: viewChangeDigest(this.cluster, message) } : {};
    const signed = { ...message, ...derived, signature } as unknown as SignedForm<M>;
    return asVerified(signed);
  }

  /** Signs what needs it and leaves alone what already proves itself. */
  seal(message: OutgoingMessage): SealedMessage {
    if (message.kind === 'reply') return this.signReply(message);
    return isUnsigned(message) ? this.sign(message) : message;
  }

  private signReply({ brief = false, ...reply }: UnsignedReply): Reply | BriefReply {
    const signed = this.sign(reply);
    if (!brief) return signed;
    const { kind: _kind, results: _results, ...said } = signed;
    return { ...said, kind: 'brief-reply', root: resultsRoot(reply) };
  }

  /** @throws RangeError when the answer names another replica, or is not well-formed text */
  signAnswer<A extends AnswerStatement>(answer: A): A & { readonly signature: Signature } {
    if (answer.replica !== this.replica) {
      throw new RangeError(`replica ${this.replica} cannot sign for ${answer.replica}`);
    }
    requireWellFormed(answer.answer);
    return { ...answer, signature: signBytes(answerBytes(this.cluster, answer), this.key) };
  }
}

/** What a client wants done. */
export interface RequestDraft {
  readonly client: ClientId;
  readonly timestamp: Timestamp;
  /** Well-formed text: what `JSON.stringify` makes always is. */
  readonly operation: string;
}

/** A draft with what identifies it, ready to be signed. */
export interface DigestedDraft extends RequestDraft {
  readonly digest: Digest;
}

export interface RequestSignerOptions {
  readonly cluster: string;
  /** Seed in base64url. */
  readonly secretKey: string;
}

/** Signs what one client asks for. */
export class RequestSigner {
  private readonly cluster: string;
  private readonly key: Uint8Array;

  /** @throws KeyError for a malformed secret key */
  constructor({ cluster, secretKey }: RequestSignerOptions) {
    this.cluster = cluster;
    this.key = parseSecretKey(secretKey);
  }

  /** @throws RangeError when the operation holds lone surrogates, which UTF-8 cannot express */
  digest(draft: RequestDraft): DigestedDraft {
    const { client, timestamp, operation } = draft;
    requireWellFormed(operation);
    return { ...draft, digest: requestDigest(this.cluster, client, timestamp, operation) };
  }

  /** @throws RangeError as `digest` */
  sign(draft: RequestDraft): Verified<Request> {
    return this.signDigested(this.digest(draft));
  }

  /**
   * Signs many requests of one client at a time, with one signature. One alone is signed as by
   * `sign`.
   */
  signAll(drafts: readonly DigestedDraft[]): readonly Verified<Request>[] {
    const [only] = drafts;
    if (only !== undefined && drafts.length === 1) return [this.signDigested(only)];
    const signedWith = drafts.map(({ digest }) => digest);
    const signature = signBytes(requestListBytes(this.cluster, signedWith), this.key);
    return drafts.map(({ client, timestamp, operation, digest }) => {
      const kind = 'request';
      return asVerified({ kind, client, timestamp, operation, digest, signature, signedWith });
    });
  }

  private signDigested({ client, timestamp, operation, digest }: DigestedDraft): Verified<Request> {
    const signature = signBytes(requestBytes(this.cluster, digest), this.key);
    return asVerified({ kind: 'request', client, timestamp, operation, digest, signature });
  }

  /** @throws RangeError when the query is not well-formed text */
  signQuery<Q extends QueryStatement>(query: Q): Q & { readonly signature: Signature } {
    requireWellFormed(query.query);
    return { ...query, signature: signBytes(queryBytes(this.cluster, query), this.key) };
  }
}

/** What is signed of kinds of which the catalogue does not spell it out. */
const SPECIAL_BYTES: {
  readonly [K in Exclude<MemberKind, LaidOutKind>]: (
    cluster: string,
    message: Extract<UnsignedMemberMessage, { readonly kind: K }>,
  ) => Uint8Array;
} = {
  vote: voteBytes,
  reply: (cluster, reply) => replyBytes(cluster, reply, resultsRoot(reply)),
  'view-change': viewChangeBytes,
};

type MakeBytes = (cluster: string, message: never) => Uint8Array;

const MEMBER_BYTES: ReadonlyMap<string, MakeBytes> = new Map<string, MakeBytes>([
  ...Object.entries(SPECIAL_BYTES),
  ...LAID_OUT_KINDS.map((kind) => [kind, bytesOf(kind)] as const),
]);

/** The bytes that the sender of `message` signs. */
export function memberMessageBytes(cluster: string, message: UnsignedMemberMessage): Uint8Array {
  const bytes = MEMBER_BYTES.get(message.kind);
  if (bytes === undefined) throw new RangeError(`replicas sign no ${message.kind}`);
  return bytes(cluster, message as never);
}

function requireWellFormed(text: string): void {
  if (!isWellFormed(text)) throw new RangeError(NOT_WELL_FORMED);
}
