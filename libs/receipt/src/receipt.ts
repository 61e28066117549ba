/**
 * The receipt of one request: what proves, with nothing but the cluster's public keys, that its
 * client asked for it, that the cluster decided on it, in which slot, and with which result.
 *
 * Invariant kept here (one spelling): every receipt is one text and no other. What is read and
 * written again is what was there, byte for byte, or it is refused; so nothing in a receipt can be
 * changed without changing something that is checked.
 *
 * Nothing is included twice: the request's digest, and what a reply says of the request, of the batch
 * and of its place, follow from the rest.
 */

import {
  COUNTER,
  DIGEST,
  MAX_MEMBERS,
  MAX_MESSAGE_BYTES,
  MAX_OPERATION_CHARACTERS,
  MAX_REQUESTS,
  MAX_SIGNED_TOGETHER,
  NAME,
  nestsTooDeep,
  PROOF_SIGNATURE,
  REPLICA,
  SIGNATURE,
  SMALL_COUNT,
  STRICT,
  text,
} from '@ccro/wire';
import Type, { type Static, type TSchema } from 'typebox';
import { Compile, type Validator } from 'typebox/compile';
import { refusal, type Refusal } from './refusal.js';

/** What the field `format` says: another number is another format. */
export const RECEIPT_FORMAT = 'ccro-receipt/1';

/** Bytes of a receipt at most: as much as any message. */
export const MAX_RECEIPT_BYTES = MAX_MESSAGE_BYTES;

/** A tree of 1024 leaves is ten levels high. */
const MAX_PATH = 10;

const PATH = Type.Object(
  {
    index: SMALL_COUNT,
    leaves: Type.Integer({ minimum: 1, maximum: MAX_REQUESTS }),
    siblings: Type.Array(DIGEST, { maxItems: MAX_PATH }),
  },
  STRICT,
);

const REQUEST = Type.Object(
  {
    client: NAME,
    timestamp: COUNTER,
    operation: text(MAX_OPERATION_CHARACTERS),
    signature: SIGNATURE,
    signedWith: Type.Optional(Type.Array(DIGEST, { minItems: 1, maxItems: MAX_SIGNED_TOGETHER })),
  },
  STRICT,
);

const CERTIFICATE = Type.Object(
  {
    phase: Type.Union([Type.Literal('prepare'), Type.Literal('commit')]),
    view: COUNTER,
    sequence: COUNTER,
    digest: DIGEST,
    scheme: Type.Union([Type.Literal('ed25519'), Type.Literal('bls')]),
    signers: Type.Array(REPLICA, { maxItems: MAX_MEMBERS }),
    signatures: Type.Array(PROOF_SIGNATURE, { maxItems: MAX_MEMBERS }),
  },
  STRICT,
);

const REPLY = Type.Object(
  {
    replica: REPLICA,
    view: COUNTER,
    tally: Type.Object({ correct: SMALL_COUNT, corrupt: SMALL_COUNT }, STRICT),
    collector: Type.Optional(REPLICA),
    path: PATH,
    signature: SIGNATURE,
  },
  STRICT,
);

const RECEIPT = Type.Object(
  {
    format: Type.Literal(RECEIPT_FORMAT),
    cluster: NAME,
    request: REQUEST,
    batch: PATH,
    certificate: CERTIFICATE,
    result: text(MAX_RECEIPT_BYTES),
    replies: Type.Array(REPLY, { maxItems: MAX_MEMBERS }),
  },
  STRICT,
);

const CHECK = Compile(RECEIPT);

interface FieldCheck {
  readonly name: string;
  readonly check: Validator;
}
/** Made when something is wrong for the first time. */
let fieldChecks: readonly FieldCheck[] | undefined;

/**
 * - `request`: what the client signed, alone or, with `signedWith`, as one of these digests;
 * - `batch`: the path from the request's digest to the batch's, which is `certificate.digest`;
 * - `certificate`: decides the slot `certificate.sequence`;
 * - `result`: the text that the state machine answered with;
 * - `replies`: of f+1 replicas or more, ascending, each with the path from this result to the root
 *   that it signed.
 */
export type Receipt = Static<typeof RECEIPT>;

type Path = Static<typeof PATH>;

/** The one text of a receipt: JSON, two spaces a level, a line feed at the end. */
export function formatReceipt(receipt: Receipt): string {
  return `${JSON.stringify(inOrder(receipt), null, 2)}\n`;
}

/** Reads a receipt from untrusted bytes. What it says is not checked here. Never throws. */
export function parseReceipt(bytes: Uint8Array): Receipt | Refusal {
  if (bytes.length > MAX_RECEIPT_BYTES) return refusal('too-large');
  if (nestsTooDeep(bytes)) return refusal('malformed', 'it nests too deep');
  let written: string;
  let value: unknown;
  try {
    // A byte order mark is no part of JSON, so it is kept and fails to parse.
    written = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    value = JSON.parse(written);
  } catch {
    return refusal('malformed', 'it is not JSON in UTF-8');
  }
  if (isOtherFormat(value)) return refusal('unknown-format');
  if (!CHECK.Check(value)) return refusal('malformed', wrongIn(value));
  const isOneSpelling = formatReceipt(value) === written;
  return isOneSpelling
    ? value
    : refusal('malformed', 'it is spelt in another way than it has to be');
}

/** One by one, to say which is wrong: to list all errors takes seconds when there are millions. */
function checksOfFields(): readonly FieldCheck[] {
  const compiled = ([name, schema]: [string, TSchema]): FieldCheck => ({
    name,
    check: Compile(schema),
  });
  return (fieldChecks ??= Object.entries<TSchema>(RECEIPT.properties).map(compiled));
}

/** What is wrong with JSON that is no receipt, for people. */
function wrongIn(value: unknown): string {
  if (typeof value !== 'object' || value === null) return 'it is no JSON object';
  const given: Readonly<Record<string, unknown>> = { ...value };
  const wrong = checksOfFields().find(({ name, check }) => !check.Check(given[name]));
  return wrong === undefined ? 'it has an unknown field' : `${wrong.name} is missing or wrong`;
}

function isOtherFormat(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || !('format' in value)) return false;
  return typeof value.format === 'string' && value.format !== RECEIPT_FORMAT;
}

function inOrder({ cluster, request, batch, certificate, result, replies }: Receipt): Receipt {
  const { client, timestamp, operation, signature, signedWith } = request;
  const { phase, view, sequence, digest, scheme, signers, signatures } = certificate;
  return {
    format: RECEIPT_FORMAT,
    cluster,
    request: {
      client,
      timestamp,
      operation,
      signature,
      ...(signedWith === undefined ? {} : { signedWith }),
    },
    batch: pathInOrder(batch),
    certificate: { phase, view, sequence, digest, scheme, signers, signatures },
    result,
    replies: replies.map((reply) => ({
      replica: reply.replica,
      view: reply.view,
      tally: { correct: reply.tally.correct, corrupt: reply.tally.corrupt },
      ...(reply.collector === undefined ? {} : { collector: reply.collector }),
      path: pathInOrder(reply.path),
      signature: reply.signature,
    })),
  };
}

function pathInOrder({ index, leaves, siblings }: Path): Path {
  return { index, leaves, siblings };
}
