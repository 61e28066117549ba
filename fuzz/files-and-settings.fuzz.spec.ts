/**
 * Settings, cluster files, API key files and receipts, changed at random: each is read or refused by one line that
 * says what is wrong, and shows no secret. A changed receipt holds only if it says the same.
 */

import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  clusterKeys,
  ConfigurationError,
  developmentCluster,
  formatClusterFile,
  loadApiKeys,
  newApiKey,
  parseClusterConfig,
  readGatewayEnvironment,
  readNodeEnvironment,
} from '@ccro/cluster-config';
import { ReceiptVerifier } from '@ccro/receipt';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import {
  byteChanges,
  changeBytes,
  changeJson,
  fuzz,
  fuzzTimeoutMs,
  jsonChanges,
} from './fuzz.testkit.js';

const SECRET = 'hunter2-hunter2';
const MAX_LINE = 2_000;
const folder = mkdtempSync(join(tmpdir(), 'ccro-fuzz-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs `read`; what it refuses, it refuses in one line of bounded length without the secret. */
function readsOrRefuses(read: () => unknown): void {
  try {
    read();
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    expect(error.message).not.toContain(SECRET);
    expect(error.message.length).toBeLessThan(MAX_LINE);
    // oxlint-disable-next-line no-control-regex
    expect(error.message).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/);
  }
}

const VARIABLES = [
  ...['CCRO_CONFIG', 'REDIS_URL', 'REDIS_CA_FILE', 'HTTP_HOST', 'DATA_DIR', 'FAULT_INJECTION'],
  ...['LOG_LEVEL', 'KEY_FILE', 'NODE_ID', 'NODE_HTTP_PORT', 'DURABILITY', 'FAULT', 'STATE_MACHINE'],
  ...['GATEWAY_PORT', 'CLIENT_ID', 'REQUEST_TIMEOUT_MS', 'OVERLOAD_WAIT_MS', 'CORS_ORIGINS'],
  ...['IDEMPOTENCY_RETENTION', 'API_KEYS_FILE', 'RATE_LIMIT', 'ALLOWED_HOSTS', 'GATEWAY_URL'],
  ...['NODE_URLS', 'EXPERIMENTS'],
];

const settings = fc.dictionary(
  fc.constantFrom(...VARIABLES),
  fc.oneof(
    fc.string({ unit: 'binary', maxLength: 30 }),
    fc.constantFrom('0', '-1', '1e3', '65536', ' 1', '0x10', 'on', 'fsync', '::1', 'a,b', ''),
    fc.webUrl({ withQueryParameters: true }),
    fc
      .record({
        scheme: fc.constantFrom('redis', 'rediss', 'REDISS', ' redis', 'http', 'unix', ''),
        user: fc.constantFrom('', 'u', 'u%', 'ü'),
        host: fc.constantFrom('localhost', '[::1]', 'a b', '', '127.0.0.1'),
        tail: fc.constantFrom('', ':6379', ':99999', ':x/0', '/99', '/prod', '?a=b', '#x'),
        at: fc.constantFrom('@', ''),
        percent: fc.constantFrom('', '%', '%zz', '%E0%A4%A', '\n'),
      })
      .map(
        ({ scheme, user, host, tail, at, percent }) =>
          `${scheme}://${user}:${SECRET}${percent}${at}${host}${tail}`,
      ),
  ),
);

describe('settings and files', () => {
  it(
    'reads environments or says in one line which variable is wrong',
    async () => {
      const runs = await fuzz(settings, (environment) => {
        readsOrRefuses(() => readNodeEnvironment(environment));
        readsOrRefuses(() => readGatewayEnvironment(environment));
      });
      expect(runs).toBeGreaterThan(0);
    },
    fuzzTimeoutMs(),
  );

  it(
    'reads cluster files or says in one line what is wrong, and writes what it read',
    async () => {
      const file: unknown = JSON.parse(
        formatClusterFile(
          developmentCluster({
            nodes: 4,
            mode: 'ccro',
            signature: 'ed25519',
            clients: ['gateway'],
          }),
        ),
      );
      const runs = await fuzz(jsonChanges, (changes) => {
        readsOrRefuses(() => {
          const config = parseClusterConfig(changeJson(file, changes));
          expect(parseClusterConfig(JSON.parse(formatClusterFile(config)))).toEqual(config);
        });
      });
      expect(runs).toBeGreaterThan(0);
    },
    fuzzTimeoutMs(),
  );

  it(
    'reads files of API keys or says in one line what is wrong',
    async () => {
      const { entry } = newApiKey({ name: 'alice', role: 'submit' });
      const file = { keys: [entry, newApiKey({ name: 'bob', role: 'admin' }).entry] };
      const path = join(folder, 'keys.json');
      const changed = fc.oneof(
        jsonChanges.map((changes) => JSON.stringify(changeJson(file, changes))),
        byteChanges.map((changes) => changeBytes(Buffer.from(JSON.stringify(file)), changes)),
      );
      const runs = await fuzz(changed, (content) => {
        writeFileSync(path, content, { mode: 0o600 });
        readsOrRefuses(() => loadApiKeys(path));
      });
      expect(runs).toBeGreaterThan(0);
    },
    fuzzTimeoutMs(),
  );

  it(
    'takes no changed receipt for one that holds, unless it says the same',
    async () => {
      const examples = join(process.cwd(), 'examples', 'receipts');
      const valid = readdirSync(examples)
        .filter((name) => name.startsWith('valid-'))
        .map((name) => {
          const [, mode = '', scheme = ''] = name.split('-');
          const cluster = readFileSync(join(examples, `cluster-${mode}-${scheme}.json`), 'utf8');
          const verifier = new ReceiptVerifier(
            clusterKeys(parseClusterConfig(JSON.parse(cluster))),
          );
          return { bytes: readFileSync(join(examples, name)), verifier };
        });
      expect(valid.every(({ bytes, verifier }) => verifier.verify(bytes).holds)).toBe(true);
      const change = fc.record({
        which: fc.nat({ max: valid.length - 1 }),
        how: fc.oneof(fc.record({ json: jsonChanges }), fc.record({ bytes: byteChanges })),
      });
      const runs = await fuzz(change, ({ which, how }) => {
        const { bytes, verifier } = valid[which]!;
        const text = bytes.toString();
        const changed =
          'json' in how
            ? Buffer.from(JSON.stringify(changeJson(JSON.parse(text) as object, how.json)))
            : changeBytes(bytes, how.bytes);
        if (!verifier.verify(changed).holds) return;
        expect(JSON.parse(changed.toString())).toEqual(JSON.parse(text));
      });
      expect(runs).toBeGreaterThan(0);
    },
    fuzzTimeoutMs(),
  );
});
