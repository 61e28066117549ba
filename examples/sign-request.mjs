#!/usr/bin/env node
/**
 * Signs a request with a client's own key, with nothing but Node: for whoever writes the same in
 * another language. docs/RECEIPTS.md, "What is hashed and signed", has the layouts.
 *
 *   node examples/sign-request.mjs CLUSTER CLIENT KEY-FILE JSON-DATA
 *
 * prints the body of `POST /requests/signed`. KEY-FILE is the client's, as keygen writes it (`client-alice.key`).
 */
import { createHash, createPrivateKey, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';

const [cluster, client, keyFile, json] = process.argv.slice(2);
if (json === undefined) {
  console.error('usage: node examples/sign-request.mjs CLUSTER CLIENT KEY-FILE JSON-DATA');
  process.exit(1);
}

const u32 = (value) => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};
const u64 = (value) => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(value));
  return bytes;
};
const text = (value) => Buffer.concat([u32(Buffer.byteLength(value)), Buffer.from(value)]);
const prefix = (type) => Buffer.concat([Buffer.from('CCRO/1'), Buffer.from([type]), text(cluster)]);

// Is it JSON? If so it is signed as it is written, as JSON.parse would change some numbers in silence.
JSON.parse(json);
if (json.includes('\ufffd')) throw new Error('JSON-DATA is not UTF-8');
const operation = `{"type":"append","data":${json}}`;
// Grows with every request of this client: microseconds since 1970 do.
const timestamp = Date.now() * 1000;
const digest = createHash('sha256')
  .update(Buffer.concat([prefix(64), text(client), u64(timestamp), text(operation)]))
  .digest();

// An Ed25519 seed in the envelope that Node reads (RFC 8410).
const seed = Buffer.from(JSON.parse(readFileSync(keyFile, 'utf8')).secretKey, 'base64url');
const envelope = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed]);
const key = createPrivateKey({ key: envelope, format: 'der', type: 'pkcs8' });
const signature = sign(null, Buffer.concat([prefix(1), digest]), key).toString('base64url');

console.log(JSON.stringify({ client, timestamp, operation, signature }));
