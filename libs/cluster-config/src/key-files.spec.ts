import { generateKeyPair } from '@ccro/crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { clusterWarnings, loadClusterConfig } from './load-cluster-config.js';
import { ConfigurationError } from './configuration-error.js';
import { developmentCluster, developmentKey, developmentVotingKey } from './development.js';
import type { ClusterPlan } from './cluster-config.js';
import { generateCluster } from './generate-cluster.js';
import { formatKeyFile, loadPrivateKey, type KeyOwner } from './private-key.js';

const plan: ClusterPlan = {
  cluster: 'test',
  mode: 'pbft',
  nodes: 4,
  clients: ['gateway', 'other'],
};
const node: KeyOwner = { role: 'node', id: 2 };

let directory: string;
beforeEach(() => (directory = mkdtempSync(join(tmpdir(), 'ccro-keys-'))));
afterEach(() => rmSync(directory, { recursive: true }));

describe('generateCluster', () => {
  it('writes a cluster file and a private key for every node and client', () => {
    const target = join(directory, 'new', 'cluster');
    const paths = generateCluster(plan, target);
    expect(readdirSync(target).sort()).toEqual([
      'client-gateway.key',
      'client-other.key',
      'cluster.json',
      'node-0.key',
      'node-1.key',
      'node-2.key',
      'node-3.key',
    ]);
    expect(paths).toHaveLength(7);
    expect(paths[0]).toBe(join(target, 'cluster.json'));
    for (const path of paths.slice(1)) expect(statSync(path).mode & 0o777).toBe(0o600);
    const config = loadClusterConfig(join(target, 'cluster.json'));
    expect(config).toMatchObject({ cluster: 'test', mode: 'pbft' });
    expect(clusterWarnings(config)).toEqual([]);
  });

  it('writes keys that belong to the cluster file', () => {
    const [configPath = ''] = generateCluster(plan, directory);
    const config = loadClusterConfig(configPath);
    for (const { id, publicKey } of config.members) {
      const key = loadPrivateKey({ config, configPath, owner: { role: 'node', id } });
      expect(key.publicKey).toBe(publicKey);
    }
    for (const { id, publicKey } of config.clients) {
      const key = loadPrivateKey({ config, configPath, owner: { role: 'client', id } });
      expect(key.publicKey).toBe(publicKey);
    }
    expect(readFileSync(configPath, 'utf8')).not.toContain('secret');
  });

  it.each(['cluster.json', 'node-3.key'])('overwrites no %s, and writes nothing then', (name) => {
    writeFileSync(join(directory, name), 'precious');
    expect(() => generateCluster(plan, directory)).toThrow(
      /is there already and is not overwritten/,
    );
    expect(readdirSync(directory)).toEqual([name]);
    expect(readFileSync(join(directory, name), 'utf8')).toBe('precious');
  });

  it.each<[string, Partial<ClusterPlan>]>([
    ['cluster', { cluster: 'no name' }],
    ['members', { nodes: 0 }],
    ['clients[0].id', { clients: ['../x'] }],
    ['clients[1].id', { clients: ['x', 'x'] }],
  ])('refuses a bad %s', (setting, change) => {
    expect(() => generateCluster({ ...plan, ...change }, directory)).toThrow(
      expect.objectContaining({ name: ConfigurationError.name, setting }),
    );
    expect(readdirSync(directory)).toEqual([]);
  });

  it('says when the directory cannot be written to', () => {
    writeFileSync(join(directory, 'file'), '');
    expect(() => generateCluster(plan, join(directory, 'file'))).toThrow(/cannot be written to/);
  });
});

describe('loadPrivateKey', () => {
  const config = developmentCluster({ nodes: 4, mode: 'ccro' });
  const load = (keyFile?: string): unknown =>
    loadPrivateKey({ config, configPath: join(directory, 'cluster.json'), owner: node, keyFile });

  function keyFile(text: string): string {
    const path = join(directory, 'some.key');
    writeFileSync(path, text, { mode: 0o600 });
    return path;
  }

  it('derives the key of a development cluster', () => {
    expect(load()).toEqual(developmentKey('node', 2));
  });

  it('reads the file it is given', () => {
    expect(load(keyFile(formatKeyFile(node, developmentKey('node', 2))))).toEqual(
      developmentKey('node', 2),
    );
  });

  it('prefers a file beside the cluster file to a development key', () => {
    writeFileSync(join(directory, 'node-2.key'), formatKeyFile(node, generateKeyPair()), {
      mode: 0o600,
    });
    expect(() => load()).toThrow(/node-2\.key" holds another key than .* for node 2$/);
  });

  it.each([
    ['a file that is not there', () => join(directory, 'none.key'), /cannot be read \(ENOENT/],
    ['no JSON', () => keyFile('{'), /is not a key file made by/],
    ['no key', () => keyFile('{"secretKey":"short"}'), /is not a key file made by/],
    [
      "another node's key",
      () => keyFile(formatKeyFile(node, developmentKey('node', 1))),
      /holds another key than the cluster file names for node 2$/,
    ],
  ])('refuses %s', (_, path, message) => {
    expect(() => load(path())).toThrow(message);
    expect(() => load(path())).toThrow(ConfigurationError);
  });

  describe('where votes are signed with BLS', () => {
    const bls = developmentCluster({ nodes: 4, mode: 'ccro', signature: 'bls' });
    const configPath = (): string => join(directory, 'cluster.json');
    const loadBls = (file?: string): unknown =>
      loadPrivateKey({ config: bls, configPath: configPath(), owner: node, keyFile: file });

    it('has the second key as well, derived or from the file', () => {
      const both = { ...developmentKey('node', 2), bls: developmentVotingKey(2) };
      expect(loadBls()).toEqual(both);
      expect(loadBls(keyFile(formatKeyFile(node, both)))).toEqual(both);
    });

    it('refuses a file without it, or with another', () => {
      const one = keyFile(formatKeyFile(node, developmentKey('node', 2)));
      expect(() => loadBls(one)).toThrow(
        /holds no BLS key, which the cluster file names for node 2$/,
      );
      const keys = { ...developmentKey('node', 2), bls: developmentVotingKey(1) };
      const other = keyFile(formatKeyFile(node, keys));
      expect(() => loadBls(other)).toThrow(/holds another BLS key than the cluster file names/);
    });

    it('is made for new clusters of any size', () => {
      const [path = ''] = generateCluster({ ...plan, mode: 'ccro', signature: 'bls' }, directory);
      const config = loadClusterConfig(path);
      expect(config.signature).toBe('bls');
      for (const { id, bls: named } of config.members) {
        const own = loadPrivateKey({ config, configPath: path, owner: { role: 'node', id } });
        expect(own.bls?.publicKey).toBe(named?.publicKey);
        expect(readFileSync(path, 'utf8')).not.toContain(own.bls?.secretKey);
      }
      expect(readFileSync(join(directory, 'client-gateway.key'), 'utf8')).not.toContain('bls');
    });
  });

  it('never shows a private key', () => {
    const { secretKey } = generateKeyPair();
    const path = keyFile(JSON.stringify({ secretKey }));
    expect(() => load(path)).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining(secretKey) as unknown }),
    );
  });

  it('says what is missing for a cluster of its own keys', () => {
    const [configPath = ''] = generateCluster(plan, join(directory, 'own'));
    rmSync(join(directory, 'own', 'node-2.key'));
    const own = loadClusterConfig(configPath);
    expect(() => loadPrivateKey({ config: own, configPath, owner: node })).toThrow(
      /^KEY_FILE is missing, and there is no ".*node-2\.key"; allowed: .* key of node 2/,
    );
  });

  it('refuses who is not in the cluster file', () => {
    const configPath = join(directory, 'cluster.json');
    const nobody: KeyOwner = { role: 'client', id: 'nobody' };
    expect(() => loadPrivateKey({ config, configPath, owner: nobody })).toThrow(
      'CLIENT_ID is "nobody"; allowed: gateway',
    );
  });
});
