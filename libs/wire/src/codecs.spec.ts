import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyMessage, CLUSTER } from './arbitrary-messages.testkit.js';
import { CODEC_NAMES, CODECS, decodeAlsoOthers, DEFAULT_CODEC, peekKind } from './codecs.js';

describe('codecs', () => {
  it('go by their names', () => {
    expect(CODEC_NAMES).toEqual(['json', 'compact']);
    for (const name of CODEC_NAMES) expect(CODECS[name].name).toBe(name);
    expect(DEFAULT_CODEC).toBe('json');
  });

  it('tell kinds whatever codec a message is of', () => {
    for (const bytes of [[], [0xc1], [0xc1, 0], [...Buffer.from('{}')], [...Buffer.from('vote')]]) {
      expect(peekKind(Uint8Array.from(bytes))).toBeUndefined();
    }
  });

  it.each(CODEC_NAMES)(
    'read in other codecs than %s what tells that they differ, no more',
    (own) => {
      fc.assert(
        fc.property(anyMessage, (message) => {
          for (const codec of Object.values(CODECS)) {
            const decoded = decodeAlsoOthers(CODECS[own], codec.encode(message), CLUSTER);
            const isRead = codec.name === own || ['status', 'query'].includes(message.kind);
            expect(decoded).toEqual(
              isRead ? { message, codec } : { rejected: 'other-codec', codec: CODECS[own] },
            );
          }
        }),
      );
    },
  );

  it.each(CODEC_NAMES)('refuse what is no message as %s does', (own) => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        const { rejected } = CODECS[own].decode(bytes, CLUSTER);
        const said = rejected === 'other-codec' ? 'malformed' : rejected;
        expect(decodeAlsoOthers(CODECS[own], bytes, CLUSTER).rejected).toBe(said);
      }),
    );
    for (const other of Object.values(CODECS)) {
      const cut = other.encode({
        kind: 'suspicion',
        view: 0,
        replica: 0,
        signature: 'A'.repeat(86),
      });
      const { rejected } = decodeAlsoOthers(CODECS[own], cut.subarray(0, -1), CLUSTER);
      expect(rejected).toBe('malformed');
    }
  });
});
