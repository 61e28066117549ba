/**
 * A second checker, written from docs/RECEIPTS.md and nothing else: it shares no line with the
 * first. That both say the same of every vector shows that the page says all that it takes.
 */
import blst from '@chainsafe/blst';
import { createHash, createPublicKey, verify } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

interface Path {
  index: number;
  leaves: number;
  siblings: string[];
}

interface Reply {
  replica: number;
  view: number;
  tally: { correct: number; corrupt: number };
  path: Path;
  signature: string;
}

interface Receipt {
  format: string;
  cluster: string;
  request: {
    client: string;
    timestamp: number;
    operation: string;
    signature: string;
    signedWith?: string[];
  };
  batch: Path;
  certificate: {
    phase: 'prepare' | 'commit';
    view: number;
    sequence: number;
    digest: string;
    scheme: string;
    signers: number[];
    signatures: string[];
  };
  result: string;
  replies: Reply[];
}

interface Cluster {
  cluster: string;
  signature: string;
  members: { publicKey: string; bls: { publicKey: string } }[];
  clients: { id: string; publicKey: string }[];
}

const u32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};
const u64 = (value: number): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(value));
  return bytes;
};
const text = (value: string): Buffer =>
  Buffer.concat([u32(Buffer.byteLength(value)), Buffer.from(value)]);
const hex = (digest: string): Buffer => Buffer.from(digest, 'hex');
const layout = (type: number, cluster: string, ...fields: Buffer[]): Buffer =>
  Buffer.concat([Buffer.from('CCRO/1'), Buffer.from([type]), text(cluster), ...fields]);
const sha = (...parts: Buffer[]): Buffer =>
  createHash('sha256').update(Buffer.concat(parts)).digest();

function rootOf(leaf: Buffer, { index, leaves, siblings }: Path): string | undefined {
  if (index >= leaves) return undefined;
  const left = [...siblings];
  let node = leaf;
  for (let at = index, count = leaves; count > 1; at = at >> 1, count = (count + 1) >> 1) {
    if (at % 2 === 0 && at + 1 >= count) continue;
    const sibling = left.shift();
    if (sibling === undefined) return undefined;
    const pair = at % 2 === 1 ? [hex(sibling), node] : [node, hex(sibling)];
    node = sha(Buffer.from([1]), ...pair);
  }
  return left.length > 0 ? undefined : sha(Buffer.from([2]), u32(leaves), node).toString('hex');
}

function signed(message: Buffer, signature: string, publicKey: string | undefined): boolean {
  if (publicKey === undefined) return false;
  const key = createPublicKey({
    key: { kty: 'OKP', crv: 'Ed25519', x: publicKey },
    format: 'jwk',
  });
  return verify(null, message, key, Buffer.from(signature, 'base64url'));
}

function check(written: string, cluster: Cluster): string {
  let receipt: Receipt;
  try {
    receipt = JSON.parse(written) as Receipt;
  } catch {
    return 'malformed';
  }
  if (receipt.format !== 'ccro-receipt/1') return 'unknown-format';
  // The vectors have all fields, in order.
  if (`${JSON.stringify(receipt, null, 2)}\n` !== written) return 'malformed';
  return checkRequest(receipt, cluster) ?? checkCertificate(receipt, cluster) ?? 'holds';
}

function checkRequest(receipt: Receipt, cluster: Cluster): string | undefined {
  const { request, batch, certificate } = receipt;
  if (receipt.cluster !== cluster.cluster) return 'wrong-cluster';
  const client = cluster.clients.find(({ id }) => id === request.client);
  if (client === undefined) return 'unknown-client';
  const digest = requestDigest(receipt);
  const list = request.signedWith;
  const isListed = list?.includes(digest.toString('hex')) && new Set(list).size === list.length;
  if (list !== undefined && isListed !== true) return 'bad-request-signature';
  const message =
    list === undefined
      ? layout(1, cluster.cluster, digest)
      : layout(16, cluster.cluster, u32(list.length), ...list.map(hex));
  if (!signed(message, request.signature, client.publicKey)) return 'bad-request-signature';
  return rootOf(digest, batch) === certificate.digest ? undefined : 'not-in-batch';
}

function requestDigest({ cluster, request }: Receipt): Buffer {
  const { client, timestamp, operation } = request;
  return sha(layout(64, cluster, text(client), u64(timestamp), text(operation)));
}

function checkCertificate(receipt: Receipt, cluster: Cluster): string | undefined {
  const { phase, view, sequence, digest, scheme, signers, signatures } = receipt.certificate;
  const n = cluster.members.length;
  const f = Math.floor((n - 1) / 3);
  if (scheme !== cluster.signature) return 'wrong-scheme';
  if (signers.some((signer) => signer >= n)) return 'unknown-member';
  if (signers.some((signer, at) => at > 0 && signer <= (signers[at - 1] ?? 0))) {
    return 'duplicate-signer';
  }
  if (signers.length < Math.ceil((n + f + 1) / 2)) return 'certificate-below-quorum';
  const type = phase === 'prepare' ? 3 : 4;
  const vote = layout(type, cluster.cluster, u64(view), u64(sequence), hex(digest));
  const holds =
    scheme === 'bls'
      ? aggregateHolds(vote, signers, signatures, cluster)
      : signatures.length === signers.length &&
        signers.every((signer, at) =>
          signed(vote, signatures[at] ?? '', cluster.members[signer]?.publicKey),
        );
  if (!holds) return 'bad-certificate-signature';
  if (phase === 'prepare' && signers.length < n) return 'certificate-does-not-decide';
  return checkReplies(receipt, cluster, f + 1);
}

function aggregateHolds(
  vote: Buffer,
  signers: readonly number[],
  signatures: readonly string[],
  { members }: Cluster,
): boolean {
  const keys = signers.map((signer) =>
    Buffer.from(members[signer]?.bls.publicKey ?? '', 'base64url'),
  );
  const sum = blst.aggregatePublicKeys(keys.map((key) => blst.PublicKey.fromBytes(key)));
  const signature = blst.Signature.fromBytes(Buffer.from(signatures[0] ?? '', 'base64url'));
  return signatures.length === 1 && blst.verify(vote, sum, signature);
}

function checkReplies(receipt: Receipt, cluster: Cluster, needed: number): string | undefined {
  const { request, certificate, result, replies } = receipt;
  const { client, timestamp } = request;
  const place = [u64(certificate.sequence), hex(certificate.digest)];
  const who = [text(client), u64(timestamp), requestDigest(receipt)];
  const leaf = sha(layout(65, '', ...who, ...place, text(result)));
  let last = -1;
  for (const { replica, view, tally, path, signature } of replies) {
    const member = cluster.members[replica];
    if (member === undefined) return 'unknown-member';
    if (replica <= last) return 'duplicate-reply';
    last = replica;
    const root = rootOf(leaf, path) ?? '';
    const counts = [u32(tally.correct), u32(tally.corrupt)];
    const fields = [u32(replica), text(client), u64(view), ...counts, hex(root)];
    const message = layout(5, cluster.cluster, ...fields);
    if (!signed(message, signature, member.publicKey)) return 'bad-reply-signature';
  }
  return replies.length < needed ? 'too-few-replies' : undefined;
}

it('says of every vector what is expected of it', () => {
  const read = (name: string): string =>
    readFileSync(
      fileURLToPath(new URL(`../../../examples/receipts/${name}`, import.meta.url)),
      'utf8',
    );
  const vectors = JSON.parse(read('vectors.json')) as {
    receipt: string;
    cluster: string;
    expected: string;
  }[];
  expect(vectors.length).toBeGreaterThan(20);
  for (const { receipt, cluster, expected } of vectors) {
    const said = check(read(receipt), JSON.parse(read(cluster)) as Cluster);
    expect([receipt, said]).toEqual([receipt, expected]);
  }
});
