import type { Digest, Request, Signature } from '@ccro/consensus';
import { describe, expect, it } from 'vitest';
import { deriveRequest, isDerived } from './derived-request.js';
import { requestDigest } from './digests.js';

const CLUSTER = 'local';
const FIELDS = {
  client: 'gateway',
  timestamp: 7,
  operation: '{"n":7}',
  signature: 'ed'.repeat(64) as Signature,
};
const DIGEST = requestDigest(CLUSTER, FIELDS.client, FIELDS.timestamp, FIELDS.operation);
const OTHER = 'ab'.repeat(32) as Digest;

describe('A derived request', () => {
  it('has the digest of its contents', () => {
    expect({ ...deriveRequest(CLUSTER, FIELDS) }).toStrictEqual({
      kind: 'request',
      ...FIELDS,
      digest: DIGEST,
    });
  });

  it('has the list it was signed in, if it was', () => {
    const request = deriveRequest(CLUSTER, FIELDS, [DIGEST, OTHER]);
    expect(request.signedWith).toEqual([DIGEST, OTHER]);
    expect('signedWith' in deriveRequest(CLUSTER, FIELDS)).toBe(false);
  });
});

describe('Whether the digest of a request is its own', () => {
  const derived = deriveRequest(CLUSTER, FIELDS);

  it('is known of one that was derived, without deriving it once more', () => {
    const request = deriveRequest(CLUSTER, FIELDS);
    // By force: nobody writes into a request, and only so it shows that nothing is hashed.
    Object.assign(request, { operation: '{"n":8}' });
    expect(isDerived(CLUSTER, request)).toBe(true);
  });

  it('is looked at where it was derived for another cluster', () => {
    expect(isDerived('other', derived)).toBe(false);
    expect(isDerived('other', { ...derived, digest: requestDigestIn('other') })).toBe(true);
  });

  it('is looked at in a copy', () => {
    expect(isDerived(CLUSTER, { ...derived })).toBe(true);
    expect(isDerived(CLUSTER, { ...derived, digest: OTHER })).toBe(false);
    const inherits = Object.create(derived, {
      operation: { value: '{"n":8}' },
    }) as Request;
    expect(isDerived(CLUSTER, inherits)).toBe(false);
  });

  it('is looked at in any other request', () => {
    const read: Request = { kind: 'request', ...FIELDS, digest: DIGEST };
    expect(isDerived(CLUSTER, read)).toBe(true);
    expect(isDerived(CLUSTER, { ...read, client: 'other' })).toBe(false);
    expect(isDerived(CLUSTER, { ...read, timestamp: 8 })).toBe(false);
    expect(isDerived(CLUSTER, { ...read, operation: '{"n":8}' })).toBe(false);
  });

  function requestDigestIn(cluster: string): Digest {
    return requestDigest(cluster, FIELDS.client, FIELDS.timestamp, FIELDS.operation);
  }
});
