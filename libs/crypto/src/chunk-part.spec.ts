import { describe, expect, it } from 'vitest';
import { keyPairFromSeed } from './keys.js';
import { MessageSigner } from './signer.js';
import { createVerification } from './verification.js';

const pairs = [1, 2, 3].map((seed) => keyPairFromSeed(Buffer.alloc(32, seed)));
const members = pairs.map(({ publicKey }) => publicKey);
const { verifier } = createVerification({ cluster: 'local', members, clients: new Map() });
const secretKey = pairs[2]?.secretKey ?? '';
const signer = new MessageSigner({ cluster: 'local', replica: 2, secretKey });

const unsigned = {
  kind: 'chunk-part',
  replica: 2,
  sequence: 128,
  chunk: 'state/kv/3f',
  part: 1,
  parts: 3,
  text: '[["é",1,1]]',
} as const;

describe('parts of chunks', () => {
  it('may be empty, and of a chunk without a name', () => {
    const manifest = signer.sign({ ...unsigned, chunk: '', text: '', part: 0, parts: 1 });
    expect(verifier.verify(manifest)).toBe(manifest);
  });

  it('are refused with text that UTF-8 cannot express, which would hash like another', () => {
    const replaced = signer.sign({ ...unsigned, text: '\ufffd' });
    expect(verifier.verify({ ...replaced, text: '\ud83d' })).toBe('malformed');
    expect(() => signer.sign({ ...unsigned, text: '\ud83d' })).toThrow(RangeError);
  });

  it('are refused beyond the last', () => {
    for (const part of [3, 4, 2 ** 32 - 1]) {
      expect(verifier.verify(signer.sign({ ...unsigned, part }))).toBe('malformed');
    }
  });

  it('are refused from others than their sender', () => {
    expect(verifier.verify({ ...signer.sign(unsigned), replica: 1 })).toBe('bad-signature');
    expect(verifier.verify({ ...signer.sign(unsigned), replica: 4 })).toBe('unknown-member');
  });
});
