/**
 * A fast-check arbitrary for every kind of message, as it is held: what codecs have to give back. Made
 * from the catalogue, so that a kind that is added is tried from then on.
 */

import {
  CATALOGUE,
  type FieldShape,
  type FieldShapes,
  KINDS,
  type MessageKind,
  type Request,
  type UnsignedViewChange,
} from '@ccro/consensus';
import { requestDigest, viewChangeDigest } from '@ccro/crypto';
import fc from 'fast-check';
import type { WireMessage } from './codec.js';

export const CLUSTER = 'local';
const BASE64URL = fc.constantFrom(
  ...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'.split(''),
);
const HEX = fc.constantFrom(...'0123456789abcdef'.split(''));
const DIGEST = fc.string({ unit: HEX, minLength: 64, maxLength: 64 });
// Well-formed Unicode: whole characters, with quotes, control characters and newlines.
const TEXT = fc.string({ unit: 'binary', maxLength: 40 });
const MAX_ITEMS = 4;

const request = structOf(CATALOGUE.request.fields).map((fields): Request => {
  const { client, timestamp, operation } = fields as unknown as Request;
  const digest = requestDigest(CLUSTER, client, timestamp, operation);
  return { ...(fields as unknown as Request), kind: 'request', digest };
});

/** Requests signed together, all of them; of nobody's signature. */
const requestList = fc
  .tuple(
    request,
    fc.uniqueArray(request, { minLength: 2, maxLength: MAX_ITEMS, selector: byTimestamp }),
  )
  .map(([{ client, signature }, drafts]) => {
    const all = drafts.map((each) => ({ ...each, client, signature }));
    const signedWith = all.map(({ timestamp, operation }) =>
      requestDigest(CLUSTER, client, timestamp, operation),
    );
    return all.map((each, at): Request => ({ ...each, digest: signedWith[at] ?? '', signedWith }));
  });

/** Some of a list, in its order, among others. */
const nestedRequests = fc
  .tuple(fc.array(request, { maxLength: 2 }), requestList, fc.array(request, { maxLength: 1 }))
  .chain(([before, listed, after]) =>
    fc.subarray(listed).map((some): Request[] => [...before, ...some, ...after]),
  );

function byTimestamp({ timestamp }: Request): number {
  return timestamp;
}

function arbitraryOf(shape: FieldShape): fc.Arbitrary<unknown> {
  switch (shape.type) {
    case 'number':
      return fc.oneof(
        { weight: 5, arbitrary: fc.integer({ min: shape.min, max: shape.max }) },
        fc.constant(shape.max),
      );
    case 'bool':
      return fc.boolean();
    case 'digest':
      return DIGEST;
    case 'signature':
      return fc.oneof(...shape.bytes.map(signature));
    case 'name':
      return fc.stringMatching(shape.pattern);
    case 'text':
      return TEXT;
    case 'word':
      return fc.constantFrom(...shape.words);
    case 'optional':
      return arbitraryOf(shape.of);
    case 'nullable':
      return fc.option(arbitraryOf(shape.of));
    case 'list':
      return fc.array(arbitraryOf(shape.of), { minLength: shape.min, maxLength: MAX_ITEMS });
    case 'struct':
      return structOf(shape.fields);
    case 'either':
      return fc.oneof(arbitraryOf(shape.first), arbitraryOf(shape.second));
    case 'requests':
      return nestedRequests;
  }
}

/** Base64url of so many bytes. Left-over ones, of 64, have a last character of two bits. */
function signature(bytes: number): fc.Arbitrary<string> {
  const length = Math.floor((bytes * 4) / 3);
  const last = bytes % 3 === 0 ? fc.constant('') : fc.constantFrom('A', 'Q', 'g', 'w');
  return fc
    .tuple(fc.string({ unit: BASE64URL, minLength: length, maxLength: length }), last)
    .map(([start, end]) => start + end);
}

function structOf(shapes: FieldShapes): fc.Arbitrary<Record<string, unknown>> {
  const fields = Object.entries(shapes);
  return fc.record(Object.fromEntries(fields.map(([name, shape]) => [name, arbitraryOf(shape)])), {
    noNullPrototype: true,
    requiredKeys: fields.filter(([, { type }]) => type !== 'optional').map(([name]) => name),
  });
}

function messageOf(kind: MessageKind): fc.Arbitrary<WireMessage> {
  switch (kind) {
    case 'request':
      return request;
    case 'requests':
      return requestList
        .chain((listed) => fc.subarray(listed, { minLength: 1 }))
        .map((requests) => ({ kind, requests }));
    case 'view-change':
      return structOf(CATALOGUE[kind].fields).map((fields) => {
        const unsigned = { kind, ...fields } as unknown as UnsignedViewChange;
        return { ...unsigned, digest: viewChangeDigest(CLUSTER, unsigned) } as WireMessage;
      });
    default:
      return structOf(CATALOGUE[kind].fields).map(
        (fields) => ({ kind, ...fields }) as unknown as WireMessage,
      );
  }
}

export const messages = Object.fromEntries(
  KINDS.map((kind) => [kind, messageOf(kind)]),
) as Readonly<Record<MessageKind, fc.Arbitrary<WireMessage>>>;

export const anyMessage: fc.Arbitrary<WireMessage> = fc.oneof(...Object.values(messages));
