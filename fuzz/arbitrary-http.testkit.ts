/** What callers might send to a gateway's port: proper requests, broken ones, halves, rubbish. */

import fc from 'fast-check';
import { awkwardValues, byteChanges, changeBytes } from './fuzz.testkit.js';

/** Bytes of one connection, in the pieces in which they are sent. */
export interface SentBytes {
  readonly pieces: readonly Buffer[];
}

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'CONNECT', 'TRACE'];

const PATHS = [
  ...['/', '/requests', '/requests/batch', '/requests/signed', '/preprepare', '/kv/a', '/kv/%ff'],
  ...['/requests/gateway-1', '/requests/gateway-1/receipt', '/ledger', '/ledger/1', '/status'],
  ...['/ledger?from=1&limit=2', '/ledger?%ff', '/nodes', '/nodes/1/status', '/nodes/1/fault', '*'],
  ...['/experiments', '/comparison', '/cluster', '/health/ready', '/metrics', '/docs-json', '/%'],
  ...['/admin/queues', '//status', '/../etc/passwd', '/kv/a%2fb', '/nothing', 'http://x/status'],
];

const HEADERS: fc.Arbitrary<readonly [string, string]> = fc.oneof(
  fc.tuple(
    fc.constantFrom('Content-Type'),
    fc.constantFrom(
      ...['application/json', 'application/json; charset=utf-16', 'text/plain', 'x', ''],
      ...['application/json; charset="utf-8"', 'multipart/form-data; boundary=x'],
    ),
  ),
  fc.tuple(
    fc.constantFrom('Host', 'Origin', 'Referer', 'X-Forwarded-For', 'X-Forwarded-Host'),
    fc.constantFrom('localhost', 'evil.example', 'null', '[::1]:3000', 'http://localhost', '', '@'),
  ),
  fc.tuple(
    fc.constantFrom('Expect', 'Content-Encoding', 'Transfer-Encoding', 'Connection', 'Upgrade'),
    fc.constantFrom('100-continue', 'gzip', 'chunked', 'keep-alive', 'websocket', 'identity', 'x'),
  ),
  fc.tuple(
    fc.constantFrom('Idempotency-Key', 'Prefer', 'Authorization', 'Accept', 'Sec-Fetch-Site'),
    fc.oneof(
      fc.constantFrom('respond-async', 'Bearer x', 'Basic eDp5', 'text/html', 'cross-site'),
      fc.string({ maxLength: 300 }),
    ),
  ),
  fc.tuple(
    fc.constant('Content-Length'),
    fc.constantFrom('0', '1', '99', '-1', 'x', '1e9', '3, 3'),
  ),
  fc.tuple(fc.string({ maxLength: 12 }), fc.string({ unit: 'binary', maxLength: 40 })),
);

const GOOD_BODIES: fc.Arbitrary<string> = fc.oneof(
  awkwardValues.map((data) => JSON.stringify({ data })),
  awkwardValues.map((value) => JSON.stringify({ value })),
  awkwardValues.map((data) => JSON.stringify({ operation: { type: 'append', data } })),
  awkwardValues.map((data) => JSON.stringify({ requests: [{ data }, { data: 1 }] })),
  awkwardValues.map((operation) =>
    JSON.stringify({ client: 'alice', timestamp: 1, operation, signature: 'A'.repeat(86) }),
  ),
  fc.constantFrom('{"data":1e400}', '{"data":{"__proto__":1}}', '{"data":1,"data":1}', '', '['),
  fc.integer({ min: 1, max: 200_000 }).map((size) => '['.repeat(size)),
);

const BODIES: fc.Arbitrary<Buffer> = fc.oneof(
  GOOD_BODIES.map((text) => Buffer.from(text)),
  fc
    .tuple(GOOD_BODIES, byteChanges)
    .map(([text, changes]) => changeBytes(Buffer.from(text), changes)),
  fc.uint8Array({ maxLength: 64 }).map((bytes) => Buffer.from(bytes)),
);

const FRAMINGS = ['length', 'chunked', 'none'] as const;

const REQUESTS: fc.Arbitrary<Buffer> = fc
  .record({
    method: fc.oneof(
      { weight: 9, arbitrary: fc.constantFrom(...METHODS) },
      fc.string({ maxLength: 9 }),
    ),
    path: fc.oneof(
      { weight: 9, arbitrary: fc.constantFrom(...PATHS) },
      fc.string({ unit: 'binary', maxLength: 40 }).map((text) => `/${text}`),
    ),
    version: fc.constantFrom('1.1', '1.1', '1.1', '1.0', '2.0', '9.9'),
    host: fc.constantFrom('Host: localhost\r\n', 'Host: 127.0.0.1\r\n', ''),
    headers: fc.array(HEADERS, { maxLength: 5 }),
    body: BODIES,
    framing: fc.constantFrom(...FRAMINGS),
  })
  .map(({ method, path, version, host, headers, body, framing }) => {
    const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join('');
    const frame = {
      length: `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n`,
      chunked: 'Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n',
      none: '',
    }[framing];
    const head = `${method} ${path} HTTP/${version}\r\n${host}${lines}${frame}Connection: close\r\n\r\n`;
    const chunk = [`${body.length.toString(16)}\r\n`, body, '\r\n0\r\n\r\n'].map((part) =>
      Buffer.from(part),
    );
    const parts = { length: [body], chunked: chunk, none: [] }[framing];
    return Buffer.concat([Buffer.from(head, 'latin1'), ...parts]);
  });

/** Whole requests, changed ones, the first part of one, in pieces; one or several of them. */
export const sentBytes: fc.Arbitrary<SentBytes> = fc
  .record({
    requests: fc.array(REQUESTS, { minLength: 1, maxLength: 2 }),
    changes: fc.option(byteChanges, { freq: 3 }),
    keep: fc.option(fc.nat({ max: 400 }), { freq: 4 }),
    cuts: fc.array(fc.nat({ max: 400 }), { maxLength: 2 }),
  })
  .map(({ requests, changes, keep, cuts }) => {
    const whole = Buffer.concat(requests);
    const changed = changes === null ? whole : changeBytes(whole, changes);
    const sent = keep === null ? changed : changed.subarray(0, keep);
    const places = [0, ...cuts.sort((a, b) => a - b), sent.length];
    const pieces = places.slice(1).map((end, index) => sent.subarray(places[index], end));
    return { pieces: pieces.filter(({ length }) => length > 0) };
  });
