import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  generateKeyPair,
  KeyError,
  keyPairFromSeed,
  memberKeys,
  parsePublicKey,
  parseSecretKey,
  publicKeyOf,
  signatureHolds,
  signBytes,
} from './keys.js';

const hex = (text: string): Buffer => Buffer.from(text, 'hex');

describe('Ed25519 keys', () => {
  it('follow RFC 8032, section 7.1, test 2', () => {
    const pair = keyPairFromSeed(
      hex('4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb'),
    );
    expect(Buffer.from(parsePublicKey(pair.publicKey)).toString('hex')).toBe(
      '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
    );
    const signature = signBytes(hex('72'), parseSecretKey(pair.secretKey));
    expect(Buffer.from(signature, 'base64url').toString('hex')).toBe(
      '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da' +
        '085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
    );
  });

  it('are spelt in 43 characters, the secret one as the seed', () => {
    const pair = generateKeyPair();
    expect(pair.publicKey).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect(keyPairFromSeed(Buffer.from(pair.secretKey, 'base64url'))).toEqual(pair);
    expect(publicKeyOf(pair.secretKey)).toBe(pair.publicKey);
    expect(generateKeyPair()).not.toEqual(pair);
  });

  it.each(['', 'A', 'A'.repeat(42), 'A'.repeat(44), `${'A'.repeat(42)}B`, `${'A'.repeat(42)}=`])(
    'refuse the malformed %j without showing it',
    (text) => {
      expect(() => parsePublicKey(text)).toThrow(
        expect.objectContaining({ name: 'KeyError', code: 'malformed-public-key' }),
      );
      expect(() => publicKeyOf(text)).toThrow(
        expect.objectContaining({ code: 'malformed-secret-key' }),
      );
    },
  );

  it('refuse a seed of another length', () => {
    expect(() => keyPairFromSeed(Buffer.alloc(31))).toThrow(KeyError);
  });

  it('may not be shared by members', () => {
    const { publicKey } = generateKeyPair();
    expect(() => memberKeys([publicKey, generateKeyPair().publicKey, publicKey])).toThrow(
      expect.objectContaining({ code: 'duplicate-member-key' }),
    );
  });
});

describe('signatureHolds', () => {
  const pair = keyPairFromSeed(Buffer.alloc(32, 7));
  const secretKey = parseSecretKey(pair.secretKey);
  const publicKey = parsePublicKey(pair.publicKey);

  it('accepts what was signed, and no other bytes', () => {
    const bytes = fc.uint8Array({ minLength: 1, maxLength: 200 });
    fc.assert(
      fc.property(bytes, fc.nat(), fc.integer({ min: 1, max: 255 }), (message, at, flip) => {
        const signature = signBytes(message, secretKey);
        expect(signatureHolds(message, signature, publicKey)).toBe(true);
        const changed = message.slice();
        const index = at % changed.length;
        changed[index] = (changed[index] ?? 0) ^ flip;
        expect(signatureHolds(changed, signature, publicKey)).toBe(false);
      }),
    );
  });

  it('has one spelling for each signature', () => {
    const bytes = Buffer.from('vote');
    const signature = signBytes(bytes, secretKey);
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_+/=';
    for (const last of alphabet) {
      const spelt = signature.slice(0, 85) + last;
      expect(signatureHolds(bytes, spelt, publicKey)).toBe(spelt === signature);
    }
    expect(signatureHolds(bytes, `${signature}\n`, publicKey)).toBe(false);
    expect(signatureHolds(bytes, `${signature}=`, publicKey)).toBe(false);
  });

  it('never throws, whatever the signature', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 100 }), (signature) => {
        expect(signatureHolds(Buffer.from('x'), signature, publicKey)).toBe(false);
      }),
    );
  });
});
