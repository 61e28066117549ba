import {
  CATALOGUE,
  type FieldShape,
  type FieldShapes,
  KINDS,
  type NewView,
  type Status,
  type Vote,
} from '@ccro/consensus';
import { viewChangeDigest } from '@ccro/crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyMessage, CLUSTER } from './arbitrary-messages.testkit.js';
import { describeCodecContract } from './codec.contract.js';
import type { WireMessage } from './codec.js';
import { compact } from './compact-codec.js';
import { json } from './json-codec.js';

describeCodecContract(compact);

const digest = 'ab'.repeat(32);
const signature = 'A'.repeat(86);
const suspicion = { kind: 'suspicion', view: 300, replica: 2, signature } as const;
const status: Status = {
  ...{ kind: 'status', replica: 1, view: 0, lastExecuted: 7, attempt: 0, asks: true },
  ...{ settings: [], run: 'r', answers: null, signature },
};

function outcome(bytes: Uint8Array): string {
  return compact.decode(bytes, CLUSTER).rejected ?? 'message';
}

/** The bytes of a message with those from `at` on, `length` of them, replaced. */
function spliced(message: WireMessage, at: number, length: number, ...bytes: number[]): Buffer {
  const payload = Buffer.from(compact.encode(message));
  return Buffer.concat([
    payload.subarray(0, at),
    Buffer.from(bytes),
    payload.subarray(at + length),
  ]);
}

describe('the compact codec', () => {
  it('does not change from one version to the next', () => {
    expect(Buffer.from(compact.encode(suspicion)).toString('hex')).toBe(
      ['c1', '0b', 'ac02', '02', '00'.repeat(64)].join(''),
    );
    const vote: Vote = {
      ...{ kind: 'vote', phase: 'commit', view: 1, sequence: 2 ** 33, digest, replica: 1023 },
      ...{ attempt: 0, collector: 5, signature: 'A'.repeat(256) },
    };
    expect(Buffer.from(compact.encode(vote)).toString('hex')).toBe(
      [
        ...['c1', '04', '01', '01', '8080808020', digest, 'ff07', '00', '01', '05'],
        ...['01', '00'.repeat(192)],
      ].join(''),
    );
    expect(Buffer.from(compact.encode({ ...status, answers: null })).toString('hex')).toBe(
      ['c1', '0c', '01', '00', '07', '00', '01', '00', '0172', '00', '00'.repeat(64)].join(''),
    );
  });

  it('spells each value in one way only', () => {
    // The view of the suspicion is spelt ac 02.
    for (const longer of [
      [0xac, 0x82, 0x00],
      [0xac, 0x82, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00],
      [0xac, 0x82, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00],
    ]) {
      expect(outcome(spliced(suspicion, 2, 2, ...longer))).toBe('malformed');
    }
    expect(outcome(spliced(suspicion, 2, 2, 0x80, 0x00))).toBe('malformed');
    const largest = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff];
    expect(outcome(spliced(suspicion, 2, 2, ...largest, 0x0f))).toBe('message');
    expect(outcome(spliced(suspicion, 2, 2, ...largest, 0x10))).toBe('malformed');
    // Whether it asks, and whether it answers somebody.
    for (const at of [6, 10]) {
      expect(outcome(spliced(status, at, 1, 2))).toBe('malformed');
      expect(outcome(spliced(status, at, 1, 0xff))).toBe('malformed');
    }
  });

  it('gives nothing room before it is there', () => {
    const newView: NewView = {
      ...{ kind: 'new-view', view: 0, viewChanges: [], reproposals: [], replica: 0, signature },
    };
    // 4096 re-proposals are as many as there may be, but not in 64 bytes.
    expect(outcome(spliced(newView, 4, 1, 0x80, 0x20))).toBe('malformed');
    expect(outcome(spliced(newView, 4, 1, 0x81, 0x20))).toBe('malformed');
    const answer = { kind: 'answer', id: 'a', replica: 0, answer: 'x', signature } as const;
    expect(outcome(spliced(answer, 5, 1, 0xff, 0xff, 0xff, 0x01))).toBe('malformed');
  });

  it('takes no text that UTF-8 does not have, and keeps marks at its beginning', () => {
    const answer = (text: string): WireMessage => ({
      ...{ kind: 'answer', id: 'a', replica: 0, answer: text, signature },
    });
    for (const text of ['\ufeffa', 'é', '\u{1f600}', '\u0000', 'x'.repeat(1000), '\ufeff']) {
      const payload = compact.encode(answer(text));
      expect(compact.decode(payload, CLUSTER).message).toEqual(answer(text));
    }
    for (const bytes of [[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf0, 0x9f]]) {
      expect(outcome(spliced(answer('x'), 5, 2, bytes.length, ...bytes))).toBe('malformed');
    }
  });

  it('tells unknown kinds from what is no message', () => {
    for (const bytes of [
      [0xc1, 0],
      [0xc1, 99],
      [0xc1, 255, 1, 2],
    ]) {
      expect(outcome(Uint8Array.from(bytes))).toBe('unknown-kind');
      expect(compact.peek(Uint8Array.from(bytes))).toBeUndefined();
    }
    for (const bytes of [[], [0xc1], [0], [0xc2, 4], [0x20, 0x7b]]) {
      expect(outcome(Uint8Array.from(bytes))).toBe('malformed');
    }
  });

  it('writes nothing but what it can read again', () => {
    for (const wrong of [
      { ...suspicion, view: -1 },
      { ...suspicion, view: 0.5 },
      { ...suspicion, view: 2 ** 53 },
      { ...suspicion, signature: 'A'.repeat(85) },
      { kind: 'fetch', replica: 0, sequence: 1, digest: 'xy'.repeat(32), signature } as const,
    ]) {
      expect(() => compact.encode(wrong)).toThrow(RangeError);
    }
    expect(compact.decode(compact.encode(suspicion), CLUSTER)).toEqual({ message: suspicion });
  });

  it('decodes nothing that it would spell otherwise', () => {
    const changes = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(anyMessage, changes, (message, edits) => {
        const payload = Buffer.from(compact.encode(message));
        for (const [at, byte] of edits) payload[at % payload.length] = byte;
        const decoded = compact.decode(payload, CLUSTER).message;
        if (decoded !== undefined) expect(compact.encode(decoded)).toEqual(payload);
      }),
      { numRuns: 3000 },
    );
  });
});

/** Values within and just beyond what a field may hold; both codecs can write them. */
function nearby(shape: FieldShape): fc.Arbitrary<unknown> {
  switch (shape.type) {
    case 'number': {
      const { min, max } = shape;
      const around = [min, min - 1, max, max + 1].filter((n) => n >= 0 && Number.isSafeInteger(n));
      return fc.oneof({ weight: 8, arbitrary: fc.constant(min) }, fc.constantFrom(...around));
    }
    case 'bool':
      return fc.boolean();
    case 'digest':
      return fc.constant(digest);
    case 'signature':
      return fc.constantFrom(...shape.bytes.map((bytes) => 'A'.repeat(Math.ceil((bytes * 4) / 3))));
    case 'name':
      return fc.oneof(
        { weight: 8, arbitrary: fc.stringMatching(shape.pattern) },
        fc.constantFrom('', 'a b', 'é', 'a\n', '"', '\\', 'a'.repeat(shape.max + 1)),
      );
    case 'text': {
      const longest = (length: number): string => 'é'.repeat(length);
      const few = shape.max > 2 ** 17 ? [] : [longest(shape.max), longest(shape.max + 1)];
      return fc.oneof({ weight: 20, arbitrary: fc.string() }, fc.constantFrom('', ...few));
    }
    case 'word':
      return fc.constantFrom(...shape.words);
    case 'optional':
      return fc.option(nearby(shape.of), { nil: undefined });
    case 'nullable':
      return fc.option(nearby(shape.of));
    case 'list': {
      const item = nearby(shape.of);
      // Lists of long lists would be longer than any message.
      if (JSON.stringify(shape.of).includes('"list"')) return fc.array(item, { maxLength: 3 });
      const many = fc.constantFrom(shape.max, shape.max + 1);
      const same = fc
        .tuple(item, many)
        .map(([each, count]) => new Array<unknown>(count).fill(each));
      return fc.oneof({ weight: 12, arbitrary: fc.array(item, { maxLength: 3 }) }, same);
    }
    case 'struct':
      return structOf(shape.fields);
    case 'either':
      return fc.oneof(nearby(shape.first), nearby(shape.second));
    case 'requests':
      return fc.constant([]);
  }
}

function structOf(shapes: FieldShapes): fc.Arbitrary<Record<string, unknown>> {
  const fields = Object.entries(shapes).map(([name, shape]) => [name, nearby(shape)] as const);
  return fc.record(Object.fromEntries(fields), { noNullPrototype: true });
}

describe('both codecs', () => {
  const kinds = KINDS.filter((kind) => !['requests', 'request'].includes(kind));

  it.each(kinds)('refuse the same of a %s, and take the same', (kind) => {
    fc.assert(
      fc.property(structOf(CATALOGUE[kind].fields), (values) => {
        const message = { kind, ...values } as unknown as WireMessage;
        if (message.kind === 'view-change') {
          try {
            Object.assign(message, { digest: viewChangeDigest(CLUSTER, message) });
          } catch {
            return;
          }
        }
        const inJson = json.decode(json.encode(message), CLUSTER);
        const inCompact = compact.decode(compact.encode(message), CLUSTER);
        // What is too long in JSON need not be too long otherwise.
        if (inJson.rejected !== 'oversized') expect(inCompact).toEqual(inJson);
      }),
      { numRuns: 300 },
    );
  });

  it('give the same message, which compact spells in fewer bytes', () => {
    fc.assert(
      fc.property(anyMessage, (message) => {
        const [spelt, packed] = [json.encode(message), compact.encode(message)];
        expect(compact.decode(packed, CLUSTER)).toEqual(json.decode(spelt, CLUSTER));
        expect(packed.length).toBeLessThan(spelt.length);
      }),
      { numRuns: 1000 },
    );
  });
});
