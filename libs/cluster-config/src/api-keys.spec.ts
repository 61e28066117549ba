import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { addApiKeys, apiKeyDigest, loadApiKeys, parseApiKeyPlan } from './api-keys.js';
import { ConfigurationError } from './configuration-error.js';
import { loadRedisCa } from './redis-ca.js';

let directory: string;
let path: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'ccro-api-keys-'));
  path = join(directory, 'api-keys.json');
});
afterEach(() => rmSync(directory, { recursive: true }));

describe('addApiKeys', () => {
  it('makes a private file of hashes, and adds to it', () => {
    const issued = addApiKeys(path, [parseApiKeyPlan('ops:admin')]);
    issued.push(...addApiKeys(path, [parseApiKeyPlan('shop:submit:20')]));
    expect(issued.map(({ name, role }) => ({ name, role }))).toEqual([
      { name: 'ops', role: 'admin' },
      { name: 'shop', role: 'submit' },
    ]);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    const text = readFileSync(path, 'utf8');
    for (const { key } of issued) {
      expect(key).toMatch(/^ccro_[\w-]{43}$/);
      expect(text).not.toContain(key);
    }
    expect(loadApiKeys(path)).toEqual([
      { name: 'ops', role: 'admin', sha256: digestOf(issued[0]?.key) },
      { name: 'shop', role: 'submit', sha256: digestOf(issued[1]?.key), requestsPerSecond: 20 },
    ]);
  });

  it('makes it private whatever a run that was cut short left behind', () => {
    writeFileSync(`${path}.new`, 'half', { mode: 0o666 });
    addApiKeys(path, [parseApiKeyPlan('ops:admin')]);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(loadApiKeys(path)).toHaveLength(1);
  });

  it.each([
    'ops',
    'ops:root',
    'ops:admin:fast',
    'ops:admin:1001',
    'a b:admin:5',
    'ops:admin:0',
    'ops:admin:1:2',
    'a b:read',
  ])('refuses the plan %s, and writes nothing', (plan) => {
    expect(() => addApiKeys(path, [parseApiKeyPlan(plan)])).toThrow(ConfigurationError);
    expect(() => statSync(path)).toThrow('ENOENT');
  });

  it.each(['0x10', '1e2', ' 5 ', '5.0', '+5', '', '٥'])(
    'D10: takes a limit in digits alone, and not %j',
    (rate) => {
      expect(() => parseApiKeyPlan(`ops:admin:${rate}`)).toThrow(
        /^--api-key is .*; allowed: REQUESTS-PER-SECOND: an integer from 1 to 1000$/,
      );
    },
  );

  it('gives no name twice', () => {
    addApiKeys(path, [parseApiKeyPlan('ops:admin')]);
    const before = readFileSync(path);
    expect(() => addApiKeys(path, [parseApiKeyPlan('ops:read')])).toThrow(
      '--api-key names ops twice',
    );
    expect(readFileSync(path)).toEqual(before);
  });
});

describe('loadApiKeys', () => {
  const sha256 = 'a'.repeat(64);

  it.each<[string, string]>([
    ['ccro_a-key-instead-of-a-file', 'is not JSON; allowed: a file made by'],
    ['{"keys":[]}', 'holds no key'],
    ['{"keys":[{"name":"x","role":"root"}]}', 'keys.0.role must be read, submit, admin'],
    ['{"keys":[{"name":"x","role":"read","sha256":"ab"}]}', 'keys.0.sha256 must be the SHA-256'],
    [`{"keys":[{"name":"x","role":"read","key":"y","sha256":"${sha256}"}]}`, 'keys.0 must be'],
  ])('refuses %s', (text, message) => {
    writeFileSync(path, text, { mode: 0o600 });
    expect(() => loadApiKeys(path)).toThrow(message);
  });

  it('shows nothing of what it cannot read, which may be a key', () => {
    writeFileSync(path, 'ccro_secret', { mode: 0o600 });
    expect(() => loadApiKeys(path)).not.toThrow('ccro_secret');
    expect(() => loadApiKeys(join(directory, 'none'))).toThrow('cannot be read (ENOENT');
  });
});

describe('loadRedisCa', () => {
  const redisUrl = 'rediss://redis.example';

  it('needs a URL for TLS and a certificate', () => {
    writeFileSync(path, 'no certificate');
    const load = (redisCaFile: string, url = redisUrl) =>
      loadRedisCa({ redisUrl: url, redisCaFile });
    expect(() => load(path, 'redis://x')).toThrow('REDIS_CA_FILE is set, but REDIS_URL is not for');
    expect(() => load(path)).toThrow(/^REDIS_CA_FILE is .*; allowed: a file with a certificate/);
    expect(() => load(join(directory, 'none'))).toThrow('cannot be read (ENOENT); allowed');
    expect(loadRedisCa({ redisUrl, redisCaFile: undefined })).toBeUndefined();
  });
});

function digestOf(key = ''): string {
  return apiKeyDigest(key).toString('hex');
}
