import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { addApiKeys, loadApiKeys, parseApiKeyPlan } from './api-keys.js';
import { developmentCluster, developmentKey } from './development.js';
import { loadClusterConfig } from './load-cluster-config.js';
import { formatKeyFile, loadPrivateKey } from './private-key.js';
import { loadRedisCa } from './redis-ca.js';
import { envFileWarnings, trustedFileWarnings, writeNewFiles } from './secret-files.js';
import { loadStateMachine } from './state-machine.js';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'ccro-secrets-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

const OPEN = [0o604, 0o644, 0o602, 0o777];

describe('a file with a secret', () => {
  it('C3: of API keys is refused when others can read it', () => {
    const path = join(directory, 'api-keys.json');
    addApiKeys(path, [parseApiKeyPlan('ops:admin')]);
    for (const mode of OPEN) {
      chmodSync(path, mode);
      expect(() => loadApiKeys(path)).toThrow(/can be read by every user.*chmod 600/);
    }
    chmodSync(path, 0o640);
    expect(loadApiKeys(path)).toHaveLength(1);
  });

  it('C3, sibling: with the private key of a node or client is refused as well', () => {
    const config = developmentCluster({ nodes: 4, mode: 'ccro' });
    const owner = { role: 'node', id: 1 } as const;
    const keyFile = join(directory, 'node-1.key');
    writeFileSync(keyFile, formatKeyFile(owner, developmentKey('node', 1)));
    const load = () => loadPrivateKey({ config, configPath: 'x/cluster.json', owner, keyFile });
    for (const mode of OPEN) {
      chmodSync(keyFile, mode);
      expect(load).toThrow(/node-1.key.*can be read by every user/);
    }
    chmodSync(keyFile, 0o600);
    expect(load().secretKey).toBe(developmentKey('node', 1).secretKey);
  });

  it('I33, sibling: of API keys with a field that is given twice is refused, with its place alone', () => {
    const path = join(directory, 'api-keys.json');
    addApiKeys(path, [parseApiKeyPlan('ops:read')]);
    const text = readFileSync(path, 'utf8');
    writeFileSync(path, `\ufeff${text}`);
    expect(loadApiKeys(path)).toHaveLength(1);
    writeFileSync(path, text.replace('"role": "read"', '"role": "read", "role": "admin"'));
    expect(() => loadApiKeys(path)).toThrow(/api-keys\.json": keys\.0\.role is given twice/);
    writeFileSync(path, text.replace('{', '{ "ccro_secret": 1, "ccro_secret": 1,'));
    expect(() => loadApiKeys(path)).toThrow(/api-keys\.json": a field is given twice/);
    expect(() => loadApiKeys(path)).not.toThrow('ccro_secret');
  });

  it('I33, sibling: with a private key that is given twice is refused, and not shown', () => {
    const config = developmentCluster({ nodes: 4, mode: 'ccro' });
    const owner = { role: 'node', id: 1 } as const;
    const keyFile = join(directory, 'node-1.key');
    const text = formatKeyFile(owner, developmentKey('node', 1));
    const { secretKey } = developmentKey('node', 2);
    const twice = text.replace('"secretKey"', `"secretKey": "${secretKey}", "secretKey"`);
    writeFileSync(keyFile, twice, { mode: 0o600 });
    const load = () => loadPrivateKey({ config, configPath: 'x/cluster.json', owner, keyFile });
    expect(load).toThrow(/node-1\.key": secretKey is given twice/);
    expect(load).not.toThrow(secretKey);
  });

  it('C3, sibling: that the environment with a password was read from is warned of', () => {
    const path = join(directory, 'node-0.env');
    writeFileSync(path, 'REDIS_URL=rediss://user:secret@redis.example');
    chmodSync(path, 0o644);
    for (const options of [
      [`--env-file=${path}`],
      ['--env-file', path],
      [`--env-file-if-exists=${path}`],
    ]) {
      const warnings = envFileWarnings(options);
      expect(warnings).toHaveLength(1);
      expect(warnings[0]).toContain('chmod 600');
      expect(warnings[0]).not.toContain('secret@');
    }
    chmodSync(path, 0o600);
    expect(envFileWarnings([`--env-file=${path}`, '--enable-source-maps'])).toEqual([]);
  });
});

describe('a file that says whom to trust', () => {
  it('I22: is warned of when everybody can change it', () => {
    const path = join(directory, 'cluster.json');
    writeFileSync(path, '{}');
    for (const mode of [0o666, 0o602, 0o777]) {
      chmodSync(path, mode);
      const warnings = trustedFileWarnings([path, undefined, join(directory, 'none')]);
      expect(warnings).toHaveLength(1);
      expect(warnings[0]).toContain('chmod o-w');
    }
    for (const mode of [0o644, 0o664, 0o755]) {
      chmodSync(path, mode);
      expect(trustedFileWarnings([path])).toEqual([]);
    }
  });
});

describe.skipIf(process.platform !== 'linux')('an odd place', () => {
  it('F8, sibling: a pipe in place of a file is refused, and not waited for', async () => {
    const pipe = join(directory, 'pipe');
    execFileSync('mkfifo', ['-m', '600', pipe]);
    const config = developmentCluster({ nodes: 4, mode: 'ccro' });
    const owner = { role: 'node', id: 1 } as const;
    const redis = { redisUrl: 'rediss://127.0.0.1', redisCaFile: pipe };
    for (const load of [
      () => loadClusterConfig(pipe),
      () => loadApiKeys(pipe),
      () => addApiKeys(pipe, [parseApiKeyPlan('ops:admin')]),
      () => loadPrivateKey({ config, configPath: 'x', owner, keyFile: pipe }),
    ]) {
      expect(load).toThrow(/pipe" cannot be read \(it is a named pipe, not a regular file\)/);
    }
    expect(() => loadRedisCa(redis)).toThrow(/^REDIS_CA_FILE is ".*pipe"; allowed: a file/);
    await expect(loadStateMachine(pipe)).rejects.toThrow(/it is a named pipe/);
  });

  it('F8: files are not written where no directory can be made, and that is said at once', () => {
    const files = [{ name: 'a', text: '', mode: 0o600 }];
    expect(() => writeNewFiles('/proc/x/y', files)).toThrow(/"\/proc\/x\/y" cannot be written to/);
  });
});
