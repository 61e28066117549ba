/** The stand-ins for browsers, beside what they stand in for, on the same input. */

import realBlst from '@chainsafe/blst';
import fc from 'fast-check';
import nodeCrypto from 'node:crypto';
import realSodium from 'sodium-native';
import { describe, expect, it } from 'vitest';
import { ed25519 } from '@noble/curves/ed25519.js';
import { developmentCluster } from '@ccro/cluster-config';
import { VotingKeys, votingKeyPairFromSeed } from '@ccro/crypto';
import blst from './blst.js';
import { Buffer as PageBuffer } from './buffer.js';
import * as pageCrypto from './node-crypto.js';
import sodium from './sodium-native.js';

const bytes = (length: number): fc.Arbitrary<Uint8Array> =>
  fc.uint8Array({ minLength: length, maxLength: length });
const message = fc.uint8Array({ maxLength: 300 });
/** Characters of one byte. */
const LATIN_1 = /^[\0-\xff]*$/;
/** Of any UTF-16 units: pairs and halves of pairs alike. */
const anyText = fc
  .array(fc.nat(0xffff), { maxLength: 40 })
  .map((units) => String.fromCharCode(...units));
/** Elliptic curves in JavaScript are slow. */
const FEW = { numRuns: 12 };
const ORDER = ed25519.Point.Fn.ORDER;

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

function keysOf(seed: Uint8Array): { publicKey: Uint8Array; secretKey: Uint8Array } {
  const [publicKey, secretKey] = [new Uint8Array(32), new Uint8Array(64)];
  realSodium.crypto_sign_seed_keypair(publicKey, secretKey, seed);
  return { publicKey, secretKey };
}

function signed(text: Uint8Array, secretKey: Uint8Array): Uint8Array {
  const signature = new Uint8Array(64);
  realSodium.crypto_sign_detached(signature, text, secretKey);
  return signature;
}

/** What both libraries say, under libsodium's rules and under OpenSSL's. */
function verdicts(signature: Uint8Array, text: Uint8Array, publicKey: Uint8Array): boolean[][] {
  const jwk = {
    kty: 'OKP',
    crv: 'Ed25519',
    x: Buffer.from(publicKey).toString('base64url'),
  } as const;
  const key = { key: jwk, format: 'jwk' } as const;
  const real = nodeCrypto.verify(null, text, nodeCrypto.createPublicKey(key), signature);
  return [
    [
      sodium.crypto_sign_verify_detached(signature, text, publicKey),
      pageCrypto.verify(null, text, pageCrypto.createPublicKey(key), signature),
    ],
    [realSodium.crypto_sign_verify_detached(signature, text, publicKey), real],
  ];
}

function agreed(signature: Uint8Array, text: Uint8Array, publicKey: Uint8Array): boolean[] {
  const [stand = [], real = []] = verdicts(signature, text, publicKey);
  expect(stand).toEqual(real);
  return real;
}

describe('Ed25519', () => {
  it('has the same keys and signatures, and takes them', () => {
    fc.assert(
      fc.property(bytes(32), message, (seed, text) => {
        const real = keysOf(seed);
        const [publicKey, secretKey] = [new Uint8Array(32), new Uint8Array(64)];
        sodium.crypto_sign_seed_keypair(publicKey, secretKey, seed);
        expect({ publicKey, secretKey }).toEqual(real);
        const signature = new Uint8Array(64);
        sodium.crypto_sign_detached(signature, text, secretKey);
        expect(signature).toEqual(signed(text, real.secretKey));
        expect(agreed(signature, text, publicKey)).toEqual([true, true]);
      }),
      FEW,
    );
  });

  it('refuses what was changed in any bit', () => {
    const bit = fc.nat({ max: 64 * 8 - 1 });
    fc.assert(
      fc.property(bytes(32), message, bit, fc.boolean(), (seed, text, at, ofKey) => {
        const { publicKey, secretKey } = keysOf(seed);
        const signature = signed(text, secretKey);
        const changed = ofKey ? publicKey : signature;
        const place = (at >> 3) % changed.length;
        changed[place] = (changed[place] ?? 0) ^ (1 << (at & 7));
        expect(agreed(signature, text, publicKey)).toEqual([false, false]);
      }),
      { numRuns: 40 },
    );
  });

  it('refuses an S that is not reduced', () => {
    const { publicKey, secretKey } = keysOf(new Uint8Array(32).fill(3));
    const signature = signed(new Uint8Array(5), secretKey);
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
    const ofSodium = told.flatMap(([stand = [], real = []]) => [stand[0], real[0]]);
    // What the cluster goes by, whatever Node and OpenSSL there are: it asks libsodium alone.
    expect(new Set(ofSodium)).toEqual(new Set([false]));
    const stand = told.map(([own = []]) => own[1]);
    const real = told.map(([, own = []]) => own[1]);
    // Otherwise the rule that differs between the two would not have been seen at work.
    expect(stand).toContain(true);
    // OpenSSL 3.5 (Node 22 and later) takes none of them any more; 3.0 took what the page takes.
    expect([stand, real.map(() => false)]).toContainEqual(real);
  });

  it('says the same of keys and Rs that have a part of small order', () => {
    const { Point } = ed25519;
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
  const secrets = seeds.map((seed) => blst.SecretKey.fromKeygen(seed));
  const realSecrets = seeds.map((seed) => realBlst.SecretKey.fromKeygen(seed));
  const real = realSecrets.map((secret) => secret.sign(texts[0]).toBytes());

  it('has the same keys and signatures', () => {
    fc.assert(
      fc.property(bytes(32), message, (seed, text) => {
        const [one, other] = [blst.SecretKey.fromKeygen(seed), realBlst.SecretKey.fromKeygen(seed)];
        expect(one.toPublicKey().toBytes()).toEqual(other.toPublicKey().toBytes());
        expect(one.sign(text).toBytes(false)).toEqual(other.sign(text).toBytes(false));
      }),
      { numRuns: 4 },
    );
  });

  it('adds up to the same, and takes what holds', () => {
    const keys = secrets.map((secret) => secret.toPublicKey());
    const sum = blst.aggregateSerializedSignatures(real);
    expect(sum.toBytes()).toEqual(realBlst.aggregateSerializedSignatures(real).toBytes());
    const realKeys = realSecrets.map((secret) => secret.toPublicKey());
    const key = blst.aggregatePublicKeys(keys);
    expect(key.toBytes()).toEqual(realBlst.aggregatePublicKeys(realKeys).toBytes());
    expect(blst.verify(texts[0], key, sum)).toBe(true);
    expect(blst.verify(texts[1], key, sum)).toBe(false);
    expect(blst.fastAggregateVerify(texts[0], keys.slice(1), sum)).toBe(false);
    const weighed = blst.aggregateWithRandomness(
      keys.map((pk, index) => ({ pk, sig: real[index] ?? new Uint8Array(96) })),
    );
    expect(blst.verify(texts[0], weighed.pk, weighed.sig)).toBe(true);
  });

  it('does not take two signatures of which one has what the other lacks', () => {
    const keys = secrets.map((secret) => secret.toPublicKey());
    const [first, second] = real.map((each) => blst.Signature.fromBytes(each));
    if (first === undefined || second === undefined) throw new Error('there are three');
    const twisted = [first.point.add(second.point), second.point.subtract(second.point.double())];
    const sets = twisted.map((point, index) => ({ pk: keys[index]!, sig: point.toBytes() }));
    const sum = blst.aggregateWithRandomness(sets);
    expect(blst.verify(texts[0], sum.pk, sum.sig)).toBe(false);
  });

  it('reads and refuses the same bytes', () => {
    const signature = realBlst.Signature.fromBytes(real[0]!);
    const key = realSecrets[0]!.toPublicKey();
    const zero = [Uint8Array.from({ length: 96 }, (_, at) => (at === 0 ? 0xc0 : 0))];
    const spellings = [signature.toBytes(), signature.toBytes(false), ...zero];
    const reads = (read: () => unknown): boolean => {
      try {
        read();
        return true;
      } catch {
        return false;
      }
    };
    const same = (given: Uint8Array): void => {
      const context = Buffer.from(given).toString('hex');
      const one = reads(() => blst.Signature.fromBytes(given, true));
      expect({ context, one }).toEqual({
        context,
        one: reads(() => realBlst.Signature.fromBytes(given, true)),
      });
      const other = reads(() => blst.PublicKey.fromBytes(given, true));
      expect({ context, other }).toEqual({
        context,
        other: reads(() => realBlst.PublicKey.fromBytes(given, true)),
      });
    };
    for (const spelling of [...spellings, key.toBytes(), key.toBytes(false)]) {
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
    expect(Buffer.from(secrets[0]!.toPublicKey().toBytes()).toString('base64url')).toBe(publicKey);
  });
});

describe('hashes and buffers', () => {
  it('hash to the same, at once and bit by bit', () => {
    fc.assert(
      fc.property(fc.oneof(message, anyText), (data) => {
        for (const encoding of ['hex', 'binary', 'base64url'] as const) {
          const real = nodeCrypto.hash('sha256', data, encoding as nodeCrypto.BinaryToTextEncoding);
          expect(pageCrypto.hash('sha256', data, encoding)).toBe(real);
        }
        const hash = pageCrypto.createHash('sha256').update('a').update(data);
        const real = nodeCrypto.createHash('sha256').update('a').update(data);
        expect(hash.copy().digest('hex')).toBe(real.copy().digest('hex'));
        expect(hash.update('b').digest('hex')).toBe(real.update('b').digest('hex'));
      }),
      { numRuns: 30 },
    );
  });

  it('are read and written alike', () => {
    const encoding = fc.constantFrom('utf8', 'hex', 'latin1', 'base64', 'base64url');
    fc.assert(
      fc.property(message, encoding, fc.nat(20), fc.nat(20), (data, as, start, end) => {
        const [page, node] = [PageBuffer.from(data), Buffer.from(data)];
        const text = node.toString(as as BufferEncoding);
        expect(page.toString(as)).toBe(text);
        expect(page.toString(as, start, end)).toBe(node.toString(as as BufferEncoding, start, end));
        const back = Buffer.from(text, as as BufferEncoding);
        expect([...PageBuffer.from(text, as)]).toEqual([...back]);
        expect([...page.subarray(start)]).toEqual([...node.subarray(start)]);
        expect(page.equals(PageBuffer.from(data))).toBe(true);
      }),
    );
  });

  it('write text alike, well-formed or not, and stop at what is no digit', () => {
    const text = fc.oneof(anyText, fc.string());
    const encoding = fc.constantFrom('utf8', 'hex', 'latin1');
    fc.assert(
      fc.property(text, encoding, fc.nat(9), fc.nat(24), (given, as, offset, length) => {
        // Node takes the lower byte of a larger character for a digit: U+0130 for 0.
        fc.pre(as !== 'hex' || LATIN_1.test(given));
        const [page, node] = [PageBuffer.alloc(64), Buffer.alloc(64)];
        const written = node.write(given, offset, length, as as BufferEncoding);
        expect(page.write(given, offset, length, as)).toBe(written);
        expect([...page]).toEqual([...node]);
        expect(PageBuffer.byteLength(given)).toBe(Buffer.byteLength(given));
        expect([...PageBuffer.from(given, as)]).toEqual([
          ...Buffer.from(given, as as BufferEncoding),
        ]);
      }),
    );
    expect(PageBuffer.from('0g', 'hex')).toHaveLength(0);
  });

  it('write numbers and copy alike', () => {
    const number = fc.nat({ max: 0xffff_ffff });
    fc.assert(
      fc.property(number, fc.nat(255), (large, small) => {
        const [page, node] = [PageBuffer.alloc(16), Buffer.alloc(16)];
        for (const each of [page, node]) {
          each.writeUInt32BE(large, each.writeUInt8(small, 0));
          each.copyWithin(8, 0, 5);
        }
        expect([...page]).toEqual([...node]);
      }),
    );
    expect(() => PageBuffer.alloc(4).writeUInt32BE(2 ** 32, 0)).toThrow(RangeError);
  });
});
