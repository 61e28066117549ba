/** Both sides of the port, on the same input. */

import fc from 'fast-check';
import nodeCrypto from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { ed25519 as curve } from '@noble/curves/ed25519.js';
import { bls12_381 } from '@noble/curves/bls12-381.js';
import { developmentCluster } from '@ccro/cluster-config';
import { VotingKeys, votingKeyPairFromSeed } from '@ccro/crypto';
import * as page from './browser.js';
import * as node from './index.js';
import type { Encoding } from './port.js';

const bytes = (length: number): fc.Arbitrary<Uint8Array> =>
  fc.uint8Array({ minLength: length, maxLength: length });
const message = fc.uint8Array({ maxLength: 300 });
/** Of any UTF-16 units: pairs and halves of pairs alike. */
const anyText = fc
  .array(fc.nat(0xffff), { maxLength: 40 })
  .map((units) => String.fromCharCode(...units));
/** Elliptic curves in JavaScript are slow. */
const FEW = { numRuns: 12 };
const { G1, G2 } = bls12_381;
const ORDER = curve.Point.Fn.ORDER;

function littleEndian(value: bigint, length = 32): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => Number((value >> BigInt(8 * index)) & 255n));
}

function numberOf(little: Uint8Array): bigint {
  return little.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n);
}

/** All points of small order, and every way to spell them. */
const SMALL_ORDER = [
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0000000000000000000000000000000000000000000000000000000000000080',
  '0100000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000080',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff',
].map((hex) => Uint8Array.from(Buffer.from(hex, 'hex')));

/** What both sides say, under libsodium's rules and under the other verifier's. */
function verdicts(signature: Uint8Array, text: Uint8Array, publicKey: Uint8Array): boolean[][] {
  return [page, node].map(({ ed25519 }) => [
    ed25519.verify(signature, text, publicKey),
    ed25519.otherVerifier(publicKey)(signature, text),
  ]);
}

function agreed(signature: Uint8Array, text: Uint8Array, publicKey: Uint8Array): boolean[] {
  const [ofPage = [], ofNode = []] = verdicts(signature, text, publicKey);
  expect(ofPage).toEqual(ofNode);
  return ofNode;
}

describe('Ed25519', () => {
  it('has the same keys and signatures, and takes them', () => {
    fc.assert(
      fc.property(bytes(32), message, (seed, text) => {
        const { publicKey, secretKey } = node.ed25519.keysOf(seed);
        const ofPage = page.ed25519.keysOf(seed);
        expect([...ofPage.publicKey, ...ofPage.secretKey]).toEqual([...publicKey, ...secretKey]);
        const signature = node.ed25519.sign(text, secretKey);
        expect([...page.ed25519.sign(text, secretKey)]).toEqual([...signature]);
        expect(agreed(signature, text, publicKey)).toEqual([true, true]);
      }),
      FEW,
    );
  });

  it('refuses what was changed in any bit', () => {
    const bit = fc.nat({ max: 64 * 8 - 1 });
    fc.assert(
      fc.property(bytes(32), message, bit, fc.boolean(), (seed, text, at, ofKey) => {
        const { publicKey, secretKey } = node.ed25519.keysOf(seed);
        const signature = node.ed25519.sign(text, secretKey);
        const changed = ofKey ? publicKey : signature;
        const place = (at >> 3) % changed.length;
        changed[place] = (changed[place] ?? 0) ^ (1 << (at & 7));
        expect(agreed(signature, text, publicKey)).toEqual([false, false]);
      }),
      { numRuns: 40 },
    );
  });

  it('refuses an S that is not reduced', () => {
    const { publicKey, secretKey } = node.ed25519.keysOf(new Uint8Array(32).fill(3));
    const signature = node.ed25519.sign(new Uint8Array(5), secretKey);
    for (const times of [1n, 2n, 7n, 14n]) {
      const s = numberOf(signature.subarray(32)) + times * ORDER;
      const other = Uint8Array.from([...signature.subarray(0, 32), ...littleEndian(s)]);
      expect(agreed(other, new Uint8Array(5), publicKey)).toEqual([false, false]);
    }
  });

  it('H12: says the same of every pair of points of small order', () => {
    const pairs = SMALL_ORDER.flatMap((r) => SMALL_ORDER.map((key) => [r, key] as const));
    const told = pairs.map(([r, key]) => {
      const signature = Uint8Array.from([...r, ...new Uint8Array(32)]);
      return verdicts(signature, Uint8Array.of(1), key);
    });
    const ofSodium = told.flatMap((sides) => sides.map(([first]) => first));
    // What the cluster goes by, whatever Node and OpenSSL there are: it asks libsodium alone.
    expect(new Set(ofSodium)).toEqual(new Set([false]));
    const stand = told.map(([ofPage = []]) => ofPage[1]);
    const real = told.map(([, ofNode = []]) => ofNode[1]);
    // Otherwise the rule that differs between the two would not have been seen at work.
    expect(stand).toContain(true);
    // OpenSSL 3.5 (Node 22 and later) takes none of them any more; 3.0 took what the page takes.
    expect([stand, real.map(() => false)]).toContainEqual(real);
  });

  it('refuses keys, seeds and signatures of another length', () => {
    const [short, long] = [new Uint8Array(31), new Uint8Array(65)];
    for (const { ed25519 } of [page, node]) {
      expect(() => ed25519.keysOf(short)).toThrow('must be');
      expect(() => ed25519.sign(long, short)).toThrow('must be');
      expect(() => ed25519.verify(long, long, short)).toThrow('must be');
      expect(() => ed25519.verify(long.subarray(1), long, short)).toThrow('must be');
    }
  });

  it('says the same of keys and Rs that have a part of small order', () => {
    const { Point } = curve;
    const torsion = Point.fromBytes(SMALL_ORDER[4] ?? new Uint8Array(32));
    const seen = new Set<string>();
    for (let number = 1; number <= 24; number += 1) {
      const secret = BigInt(number) * 7919n;
      const mixed = number % 3 === 0 ? torsion : Point.ZERO;
      const key = Point.BASE.multiply(secret)
        .add(number % 2 === 0 ? torsion : Point.ZERO)
        .toBytes();
      const nonce = BigInt(number) * 104_729n;
      const r = Point.BASE.multiply(nonce).add(mixed).toBytes();
      const text = Uint8Array.of(number);
      const k = numberOf(
        nodeCrypto.createHash('sha512').update(r).update(key).update(text).digest(),
      );
      const s = littleEndian((nonce + (k % ORDER) * secret) % ORDER);
      seen.add(agreed(Uint8Array.from([...r, ...s]), text, key).join());
    }
    expect(seen.size).toBeGreaterThan(1);
  });
});

describe('BLS12-381', () => {
  const seeds = [1, 2, 3].map((fill) => new Uint8Array(32).fill(fill));
  const texts = [Uint8Array.of(1, 2, 3), Uint8Array.of(4)] as const;
  const [pageKeys, nodeKeys] = [page, node].map(({ bls }) =>
    seeds.map((seed) => bls.secretKeyFrom(seed).toPublicKey()),
  ) as [page.BlsPublicKey[], page.BlsPublicKey[]];
  const signatures = seeds.map((seed) => node.bls.secretKeyFrom(seed).sign(texts[0]).toBytes());

  it('has the same keys and signatures', () => {
    fc.assert(
      fc.property(bytes(32), message, (seed, text) => {
        const [one, other] = [page.bls.secretKeyFrom(seed), node.bls.secretKeyFrom(seed)];
        expect(one.toPublicKey().toBytes()).toEqual(other.toPublicKey().toBytes());
        expect(one.sign(text).toBytes(false)).toEqual(other.sign(text).toBytes(false));
      }),
      { numRuns: 4 },
    );
    for (const { bls } of [page, node]) {
      expect(() => bls.secretKeyFrom(new Uint8Array(31))).toThrow(Error);
      expect(() => bls.addKeys([])).toThrow(Error);
      expect(() => bls.addSignatures([])).toThrow(Error);
    }
  });

  it('adds up to the same, and takes what holds', () => {
    const sum = page.bls.addSignatures(signatures);
    expect(sum.toBytes()).toEqual(node.bls.addSignatures(signatures).toBytes());
    const key = page.bls.addKeys(pageKeys);
    expect(key.toBytes()).toEqual(node.bls.addKeys(nodeKeys).toBytes());
  });

  it.each([
    ['page', page.bls, pageKeys],
    ['Node', node.bls, nodeKeys],
  ] as const)('takes what holds and nothing else: %s', (_side, bls, keys) => {
    const [sum, key] = [bls.addSignatures(signatures), bls.addKeys(keys)];
    expect(bls.verify(texts[0], key, sum)).toBe(true);
    expect(bls.verify(texts[1], key, sum)).toBe(false);
    expect(bls.verifySum(texts[0], keys, sum)).toBe(true);
    expect(bls.verifySum(texts[0], keys.slice(1), sum)).toBe(false);
    expect(bls.verifySum(texts[1], keys, sum)).toBe(false);
    const single = keys.map((pk, index) => ({ pk, sig: signatures[index]!, msg: texts[0] }));
    const signed = single.map((each) => ({ ...each, sig: bls.signatureFrom(each.sig) }));
    expect(bls.verifyAll(signed)).toBe(true);
    expect(bls.verifyAll(signed.map((each) => ({ ...each, msg: texts[1] })))).toBe(false);
    const weighed = bls.addWithRandomness(single.map(({ pk, sig }) => ({ pk, sig })));
    expect(bls.verify(texts[0], weighed.pk, weighed.sig)).toBe(true);
    expect(bls.verify(texts[0], weighed.pk, sum)).toBe(false);
  });

  it.each([
    ['page', page.bls, pageKeys],
    ['Node', node.bls, nodeKeys],
  ] as const)('finds out two signatures twisted in a pair: %s', (_side, bls, keys) => {
    const [first, second] = signatures.map((each) => G2.Point.fromBytes(each));
    if (first === undefined || second === undefined) throw new Error('there are three');
    const difference = first.double();
    const pair = [first.add(difference), second.subtract(difference)].map((each) => each.toBytes());
    const [key, plain] = [bls.addKeys(keys.slice(0, 2)), bls.addSignatures(pair)];
    expect(bls.verify(texts[0], key, plain)).toBe(true);
    const sum = bls.addWithRandomness(pair.map((sig, index) => ({ pk: keys[index]!, sig })));
    expect(bls.verify(texts[0], sum.pk, sum.sig)).toBe(false);
  });

  it('reads and refuses the same bytes', () => {
    const signature = node.bls.signatureFrom(signatures[0]!);
    const key = G1.Point.fromBytes(nodeKeys[0]!.toBytes());
    const zeros = [48, 96].map((length) =>
      Uint8Array.from({ length }, (_, at) => (at === 0 ? 0xc0 : 0)),
    );
    const spellings = [signature.toBytes(), signature.toBytes(false), ...zeros];
    const reads = (read: () => unknown): boolean => {
      try {
        read();
        return true;
      } catch {
        return false;
      }
    };
    const same = (given: Uint8Array): void => {
      const [ofPage, ofNode] = [page, node].map(({ bls }) => ({
        given: Buffer.from(given).toString('hex'),
        isSignature: reads(() => bls.signatureFrom(given)),
        isKey: reads(() => bls.publicKeyFrom(given)),
      }));
      expect(ofPage).toEqual(ofNode);
    };
    for (const spelling of [...spellings, key.toBytes(true), key.toBytes(false)]) {
      same(spelling);
      same(spelling.subarray(1));
      for (const at of [0, 1, 47, spelling.length - 1]) {
        for (const flip of [0x80, 0x40, 0x20, 0x01]) {
          same(spelling.map((byte, index) => (index === at ? byte ^ flip : byte)));
        }
      }
    }
  });

  it('says the same of the proofs of possession of a development cluster', () => {
    const { members } = developmentCluster({ nodes: 4, mode: 'ccro', signature: 'bls' });
    expect(VotingKeys.prove(members.map(({ bls }) => bls!)).size).toBe(4);
    const { publicKey } = votingKeyPairFromSeed(seeds[0]!);
    expect(page.bytes.toText(pageKeys[0]!.toBytes(), 'base64url')).toBe(publicKey);
  });
});

describe('hashes', () => {
  it('are the same, at once and bit by bit', () => {
    fc.assert(
      fc.property(message, anyText, (data, text) => {
        expect(page.hashes.sha256(data)).toBe(node.hashes.sha256(data));
        expect(page.hashes.sha256(text)).toBe(node.hashes.sha256(text));
        const [ofPage, ofNode] = [page, node].map(({ hashes }) => {
          const running = hashes.runningSha256();
          running.add('a');
          running.add(text);
          const before = running.hex();
          running.add('b');
          const target = new Uint8Array(40);
          hashes.putSha256(target, 3, data);
          return [before, running.hex(), [...target]];
        });
        expect(ofPage).toEqual(ofNode);
      }),
      { numRuns: 30 },
    );
  });

  it('are those of the standard', () => {
    // FIPS 180-2, B.1.
    expect(page.hashes.sha256('abc')).toBe(
      'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    );
  });
});

/** What a call gives, or that it threw a RangeError. */
function outcome<T>(call: () => T): T | 'RangeError' {
  try {
    return call();
  } catch (error) {
    if (error instanceof RangeError) return 'RangeError';
    throw error;
  }
}

describe('bytes', () => {
  const encoding = fc.constantFrom<Encoding>('hex', 'base64url');

  it('are spelt and read alike', () => {
    fc.assert(
      fc.property(message, encoding, fc.nat(20), fc.nat(20), (data, as, start, end) => {
        const text = node.bytes.toText(data, as);
        expect(page.bytes.toText(data, as)).toBe(text);
        for (const spelling of [as, 'latin1'] as const) {
          const part = node.bytes.toText(data, spelling, start, end);
          expect(page.bytes.toText(data, spelling, start, end)).toBe(part);
        }
        for (const { bytes } of [page, node]) {
          expect([...bytes.from(text, as)]).toEqual([...data]);
          const target = new Uint8Array(data.length + 5);
          bytes.put(target, 2, data.length, text, as);
          expect([...target]).toEqual([0, 0, ...data, 0, 0, 0]);
        }
      }),
    );
  });

  it('are refused where the text spells others, or none', () => {
    // Not U+0130, whose lower byte is that of 0: Node looks no further.
    const digits = fc.string({
      unit: fc.constantFrom(...Array.from('0123456789abcdefABCDEFgZ-_+/= \n\u0100é')),
      maxLength: 12,
    });
    fc.assert(
      fc.property(digits, encoding, fc.nat(8), fc.nat(8), (text, as, size, offset) => {
        const [ofPage, ofNode] = [page, node].map(({ bytes }) => {
          const target = new Uint8Array(12);
          return [
            outcome(() => [...bytes.from(text, as)]),
            outcome(() => bytes.put(target, offset, size, text, as)),
          ];
        });
        expect(ofPage).toEqual(ofNode);
      }),
      { numRuns: 1000 },
    );
  });

  it.each([
    ['0g', 'hex'],
    ['abc', 'hex'],
    ['AAAAA', 'base64url'],
    ['AA==', 'base64url'],
    ['AA A', 'base64url'],
    ['AA*A', 'base64url'],
  ] as const)('%o spells none in %s', (text, as) => {
    for (const { bytes } of [page, node]) expect(() => bytes.from(text, as)).toThrow(RangeError);
  });

  it('are written only where there is room', () => {
    for (const { bytes } of [page, node]) {
      const target = new Uint8Array(4);
      expect(() => bytes.put(target, 3, 2, 'abab', 'hex')).toThrow(RangeError);
      expect(() => bytes.put(target, 0, 3, 'abab', 'hex')).toThrow(RangeError);
    }
  });

  it('of texts are the same, well-formed or not', () => {
    fc.assert(
      fc.property(fc.oneof(anyText, fc.string()), fc.nat(9), (text, offset) => {
        const expected = [...new TextEncoder().encode(text)];
        for (const { bytes } of [page, node]) {
          expect([...bytes.fromUtf8(text)]).toEqual(expected);
          expect(bytes.utf8Length(text)).toBe(expected.length);
          const target = new Uint8Array(offset + expected.length);
          expect(bytes.putUtf8(target, offset, text)).toBe(expected.length);
          expect([...target.subarray(offset)]).toEqual(expected);
        }
      }),
    );
  });

  it('are equal or not', () => {
    fc.assert(
      fc.property(message, message, (a, b) => {
        const same = a.length === b.length && a.every((byte, index) => byte === b[index]);
        for (const { bytes } of [page, node]) {
          expect(bytes.equal(a, b)).toBe(same);
          expect(bytes.equal(a, Uint8Array.from(a))).toBe(true);
          expect(bytes.allocate(a.length)).toHaveLength(a.length);
        }
      }),
    );
  });
});
