/** The part of node:crypto that the libraries use, for browsers. */

import { sha256 } from '@noble/hashes/sha2.js';
import { Buffer } from './buffer.js';
import { holdsExactly } from './ed25519.js';

type Data = Uint8Array | string;
type Encoding = 'hex' | 'binary' | 'base64url' | 'buffer';

function bytesOf(data: Data): Uint8Array {
  return typeof data === 'string' ? Buffer.from(data, 'utf8') : data;
}

/** SHA-256, the one algorithm there is here. */
export function hash(algorithm: 'sha256', data: Data, encoding: 'buffer'): Buffer;
export function hash(algorithm: 'sha256', data: Data, encoding?: Encoding): string;
export function hash(algorithm: 'sha256', data: Data, encoding: Encoding = 'hex'): Buffer | string {
  requireSha256(algorithm);
  const digest = Buffer.from(sha256(bytesOf(data)));
  return encoding === 'buffer' ? digest : digest.toString(encoding);
}

class Hash {
  constructor(private readonly state = sha256.create()) {}

  update(data: Data): this {
    this.state.update(bytesOf(data));
    return this;
  }

  copy(): Hash {
    return new Hash(this.state.clone());
  }

  digest(encoding: Exclude<Encoding, 'buffer'>): string {
    return Buffer.from(this.state.digest()).toString(encoding);
  }
}

export function createHash(algorithm: 'sha256'): Hash {
  requireSha256(algorithm);
  return new Hash();
}

/** An Ed25519 key. */
export class KeyObject {
  constructor(readonly bytes: Uint8Array) {}
}

export function createPublicKey({
  key,
}: {
  readonly key: { readonly kty: 'OKP'; readonly crv: 'Ed25519'; readonly x: string };
  readonly format: 'jwk';
}): KeyObject {
  return new KeyObject(Buffer.from(key.x, 'base64url'));
}

export function verify(
  _algorithm: null,
  data: Uint8Array,
  key: KeyObject,
  signature: Uint8Array,
): boolean {
  return holdsExactly(signature, data, key.bytes);
}

export function randomUUID(): string {
  return crypto.randomUUID();
}

export function randomBytes(size: number): Buffer {
  return Buffer.from(crypto.getRandomValues(new Uint8Array(size)));
}

// Leases and servers' certificates are no matter of pages: imported by parts that the page leaves out.

export function randomInt(): number {
  throw new Error('there are no leases here');
}

export class X509Certificate {
  constructor() {
    throw new Error('there are no certificates here');
  }
}

function requireSha256(algorithm: string): void {
  if (algorithm !== 'sha256') throw new Error(`there is no ${algorithm} here`);
}
