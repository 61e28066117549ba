/** What every codec has to do: called by each one's spec. */

import fc from 'fast-check';
import { CATALOGUE, KINDS, MAX_MESSAGE_BYTES } from '@ccro/consensus';
import { describe, expect, it } from 'vitest';
import { anyMessage, CLUSTER, messages } from './arbitrary-messages.testkit.js';
import type { Codec, WireMessage } from './codec.js';
import { CODECS, peekKind } from './codecs.js';

const REFUSALS = ['malformed', 'oversized', 'unknown-kind', 'other-codec'];

export function describeCodecContract(codec: Codec): void {
  /** Decodes and says what came of it; a message that came out must survive another round. */
  const outcome = (payload: Uint8Array): string => {
    const decoded = codec.decode(payload, CLUSTER);
    if (decoded.message === undefined) return decoded.rejected;
    const spelt = codec.encode(decoded.message);
    expect(codec.decode(spelt, CLUSTER)).toEqual(decoded);
    expect(decoded.message.kind).toBe(codec.peek(payload));
    return 'message';
  };

  describe(`the ${codec.name} codec keeps the contract: it`, () => {
    it.each(KINDS)('gives back every %s', (kind) => {
      fc.assert(
        fc.property(messages[kind] as fc.Arbitrary<WireMessage>, (message) => {
          const payload = codec.encode(message);
          expect(codec.peek(payload)).toBe(kind);
          expect(peekKind(payload)).toBe(kind);
          expect(codec.decode(payload, CLUSTER)).toEqual({ message });
        }),
      );
    });

    it('encodes the same message to the same bytes, of which nobody has the use twice', () => {
      fc.assert(
        fc.property(anyMessage, anyMessage, (first, second) => {
          const payload = codec.encode(first);
          const copy = Uint8Array.from(payload);
          codec.encode(second);
          expect(Buffer.compare(payload, copy)).toBe(0);
          expect(Buffer.compare(codec.encode(first), copy)).toBe(0);
        }),
      );
    });

    it('leaves out what is no field of a message', () => {
      fc.assert(
        fc.property(anyMessage, (message) => {
          const more = { ...message, extra: 'x', toJSON: () => 'y' };
          expect(Buffer.compare(codec.encode(more), codec.encode(message))).toBe(0);
        }),
      );
    });

    it('reads views of larger buffers', () => {
      fc.assert(
        fc.property(anyMessage, (message) => {
          const payload = codec.encode(message);
          const larger = new Uint8Array(payload.length + 8).fill(0x7b);
          larger.set(payload, 3);
          const view = larger.subarray(3, 3 + payload.length);
          expect(codec.decode(view, CLUSTER)).toEqual({ message });
        }),
      );
    });

    it('knows the messages of other codecs as such', () => {
      for (const other of Object.values(CODECS)) {
        fc.assert(
          fc.property(anyMessage, (message) => {
            const expected = other.name === codec.name ? 'message' : 'other-codec';
            expect(outcome(other.encode(message))).toBe(expected);
          }),
        );
      }
    });

    it.each(KINDS)('looks at no %s beyond the size limit of its kind', (kind) => {
      const [message] = fc.sample<WireMessage>(messages[kind] as fc.Arbitrary<WireMessage>, 1);
      const { maxBytes } = CATALOGUE[kind];
      const padded = Buffer.alloc(maxBytes + 1, ' ');
      if (message !== undefined) padded.set(codec.encode(message));
      expect(outcome(padded)).toBe('oversized');
    });

    it('refuses what is larger than any message before it looks at it', () => {
      expect(outcome(new Uint8Array(MAX_MESSAGE_BYTES + 1))).toBe('oversized');
    });

    it('never throws on random bytes, with or without a good beginning', () => {
      const beginning = fc.oneof(
        fc.constant(new Uint8Array()),
        fc
          .tuple(anyMessage, fc.nat(40))
          .map(([message, length]) => codec.encode(message).subarray(0, length)),
      );
      fc.assert(
        fc.property(beginning, fc.uint8Array({ maxLength: 300 }), (start, bytes) => {
          expect(REFUSALS).toContain(outcome(Buffer.concat([start, bytes])));
        }),
        { numRuns: 2000 },
      );
    });

    it('refuses truncated messages, and messages with something behind them', () => {
      fc.assert(
        fc.property(anyMessage, fc.nat(), (message, cut) => {
          const payload = codec.encode(message);
          expect(outcome(payload.subarray(0, cut % payload.length))).toBe('malformed');
          expect(REFUSALS).toContain(outcome(Buffer.concat([payload, Buffer.of(0)])));
        }),
        { numRuns: 500 },
      );
    });

    it('never throws on messages with changed bytes', () => {
      const changes = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 });
      fc.assert(
        fc.property(anyMessage, changes, (message, edits) => {
          const payload = Buffer.from(codec.encode(message));
          for (const [at, byte] of edits) payload[at % payload.length] = byte;
          expect([...REFUSALS, 'message']).toContain(outcome(payload));
        }),
        { numRuns: 3000 },
      );
    });
  });
}
