import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  formatClusterFile,
  parseClusterConfig,
  clusterKeys,
  requireClient,
  requireMember,
} from './cluster-config.js';
import { clusterWarnings, loadClusterConfig } from './load-cluster-config.js';
import { ConfigurationError, notAllowed, shown } from './configuration-error.js';
import { developmentCluster, developmentKey } from './development.js';

type Json = Record<string, unknown>;

const config = developmentCluster({ nodes: 4, mode: 'ccro' });

function file(
  change: (json: Json & { members: Json[]; clients: Json[] }) => void = () => {},
): Json {
  const json = JSON.parse(formatClusterFile(config)) as Json & { members: Json[]; clients: Json[] };
  change(json);
  return json;
}

function errorOf(json: unknown): ConfigurationError {
  try {
    parseClusterConfig(json);
  } catch (error) {
    if (error instanceof ConfigurationError) return error;
    throw error;
  }
  throw new Error('the cluster file was not refused');
}

describe('parseClusterConfig', () => {
  it('reads what formatClusterFile writes', () => {
    expect(parseClusterConfig(file())).toEqual(config);
  });

  it('sorts members by id', () => {
    expect(parseClusterConfig(file((json) => json.members.reverse()))).toEqual(config);
  });

  it.each<[string, unknown, RegExp]>([
    ['no object', [], /^the file is \[\]; allowed: an object with cluster/],
    ['no name', file((json) => delete json['cluster']), /^cluster is missing; allowed: 1 to 64/],
    [
      'a bad name',
      file((json) => (json['cluster'] = 'a b')),
      /^cluster is "a b"; allowed: 1 to 64/,
    ],
    [
      'a bad mode',
      file((json) => (json['mode'] = 'raft')),
      /^mode is "raft"; allowed: ccro, pbft$/,
    ],
    [
      'a bad scheme',
      file((json) => (json['signature'] = 'rsa')),
      /^signature is "rsa"; allowed: ed25519, bls, auto$/,
    ],
    [
      'no members',
      file((json) => (json.members = [])),
      /^members is \[\]; allowed: 1 to 1024 members$/,
    ],
    [
      'members that are no list',
      file((json) => (json['members'] = {} as never)),
      /^members is \{\}; allowed: a list/,
    ],
    [
      'a gap in the ids',
      file((json) => (json.members[3]!['id'] = 4)),
      /^members\[\]\.id is \[0,1,2,4\]; allowed: 0 to 3, each exactly once/,
    ],
    [
      'an id twice',
      file((json) => (json.members[3]!['id'] = 2)),
      /^members\[\]\.id is \[0,1,2,2\]; allowed: 0 to 3/,
    ],
    [
      'an id that is a text',
      file((json) => (json.members[1]!['id'] = '1')),
      /^members\[1\]\.id is "1"; allowed: an integer/,
    ],
    [
      'a bad key',
      file((json) => (json.members[1]!['publicKey'] = 'abc')),
      /^members\[1\]\.publicKey is "abc"; allowed: an Ed25519 public key/,
    ],
    [
      'a key in another spelling',
      file((json) => (json.members[1]!['publicKey'] = `${'A'.repeat(42)}B`)),
      /^members\[1\]\.publicKey/,
    ],
    [
      'no key',
      file((json) => delete json.members[1]!['publicKey']),
      /^members\[1\]\.publicKey is missing/,
    ],
    [
      'a private key',
      file((json) => (json.members[1]!['secretKey'] = 'x')),
      /^members\[1\]\.secretKey is not a known field/,
    ],
    [
      'a bad BLS key',
      file((json) => (json.members[1]!['bls'] = { publicKey: 'abc', possession: 'abc' })),
      /^members\[1\]\.bls\.publicKey is "abc"; allowed: a BLS12-381 public key/,
    ],
    [
      'a key twice',
      file((json) => (json.members[1]!['publicKey'] = json.members[0]!['publicKey'])),
      /^publicKey of member 1 is ".*"; allowed: a key of its own, not member 0's$/,
    ],
    [
      "a client with a member's key",
      file((json) => (json.clients[0]!['publicKey'] = json.members[0]!['publicKey'])),
      /^publicKey of client gateway is ".*"; allowed: a key of its own/,
    ],
    [
      'a client twice',
      file((json) => json.clients.push({ ...json.clients[0] })),
      /^clients\[1\]\.id is "gateway"; allowed: an id no other client has$/,
    ],
    [
      'a bad client id',
      file((json) => (json.clients[0]!['id'] = 'a/b')),
      /^clients\[0\]\.id is "a\/b"; allowed: 1 to 64/,
    ],
    ['an unknown field', file((json) => (json['view'] = 0)), /^view is not a known field/],
    [
      'unknown tuning',
      file((json) => (json['tuning'] = { n: 7 })),
      /^tuning\.n is not a known field/,
    ],
    [
      'bad tuning',
      file((json) => (json['tuning'] = { windowSlots: 0 })),
      /^tuning\.windowSlots is 0; allowed: an integer from 1/,
    ],
    [
      'a window too small',
      file((json) => (json['tuning'] = { windowSlots: 100 })),
      /^tuning\.windowSlots is 100; allowed: at least .*144/,
    ],
    [
      'bounds the wrong way round',
      file((json) => (json['tuning'] = { certificateTimeoutMs: { min: 9, max: 8 } })),
      /^tuning\.certificateTimeoutMs\.min is 9; allowed: at most max \(8\)$/,
    ],
  ])('refuses %s in one line that names it', (_, json, message) => {
    const error = errorOf(json);
    expect(error.message).toMatch(message);
    expect(error.message).not.toContain('\n');
  });

  it('keeps errors short and on one line whatever the value is', () => {
    const { message } = errorOf(file((json) => (json['cluster'] = 'long\n'.repeat(1000))));
    expect(message).not.toContain('\n');
    expect(message.length).toBeLessThan(200);
  });
});

describe('a value in an error', () => {
  it('A12, sibling: a member whose id is -0 is refused, as 0 has one spelling', () => {
    const changed = file(({ members }) => {
      Object.assign(members[0] ?? {}, { id: -0 });
    });
    expect(errorOf(changed).message).toMatch(/members\[0\]\.id .*an integer from 0/);
  });

  it.each(['redis://:hunter2@h/0', 'redis://u:hunter2h', 'https://u:hunter2@h:80/x'])(
    'D1, sibling: %j shows no password, whatever setting it stands in',
    (value) => {
      expect(notAllowed('HTTP_HOST', value, 'x').message).toMatch(/^HTTP_HOST is "\w+:\/\/\*\*\*/);
    },
  );

  it('shows a URL that holds no password', () => {
    expect(shown('https://example.org:8080/a')).toBe('"https://example.org:8080/a"');
  });

  it('I8, sibling: characters that could forge what a terminal shows are spelt out', () => {
    const { message } = notAllowed('HTTP_HOST', 'a\u202eb\u001b[2J\u0085', 'x');
    expect(message).toBe('HTTP_HOST is "a\\u{202e}b\\u001b[2J\\u{85}"; allowed: x');
  });
});

describe('loadClusterConfig', () => {
  let directory: string;
  beforeEach(() => (directory = mkdtempSync(join(tmpdir(), 'ccro-config-'))));
  afterEach(() => rmSync(directory, { recursive: true }));

  it('reads a file', () => {
    const path = join(directory, 'cluster.json');
    writeFileSync(path, formatClusterFile(config));
    expect(loadClusterConfig(path)).toEqual(config);
    writeFileSync(path, `\ufeff${formatClusterFile(config)}`);
    expect(loadClusterConfig(path)).toEqual(config);
  });

  it('I33: refuses a field that is given twice, with its place', () => {
    const path = join(directory, 'cluster.json');
    const key = developmentKey('client', 'stranger').publicKey;
    const own = `"publicKey": "${config.members[2]?.publicKey}"`;
    const twice = formatClusterFile(config).replace(own, `"publicKey": "${key}",${own}`);
    writeFileSync(path, twice);
    expect(() => loadClusterConfig(path)).toThrow(
      /^cluster file ".*": members\.2\.publicKey: the key is given twice$/,
    );
  });

  it.each([
    [
      'a file that is not there',
      undefined,
      /^cluster file ".*cluster\.json" cannot be read \(ENOENT/,
    ],
    [
      'a file that is no JSON',
      '{',
      /^cluster file ".*" is not JSON \(the text: not valid JSON at line 1/,
    ],
    ['a wrong field', '{}', /^cluster file ".*": cluster is missing; allowed: /],
  ])('refuses %s by name', (_, text, message) => {
    const path = join(directory, 'cluster.json');
    if (text !== undefined) writeFileSync(path, text);
    expect(() => loadClusterConfig(path)).toThrow(message);
    expect(() => loadClusterConfig(path)).toThrow(ConfigurationError);
  });
});

describe('a cluster', () => {
  it('keeps the settings it was tuned with, and reads back what it writes', () => {
    const tuned = parseClusterConfig(file((json) => (json['tuning'] = { maxBatchRequests: 8 })));
    expect(tuned.tuning).toEqual({ maxBatchRequests: 8 });
    expect(parseClusterConfig(JSON.parse(formatClusterFile(tuned)))).toEqual(tuned);
  });

  it('gives its public keys by id', () => {
    const keys = clusterKeys(config);
    expect(keys.members).toEqual(config.members.map(({ publicKey }) => publicKey));
    expect(keys.clients.get('gateway')).toBe(config.clients[0]?.publicKey);
  });

  it('finds members and clients, or says which there are', () => {
    expect(requireMember(config, 3)).toEqual(config.members[3]);
    expect(() => requireMember(config, 4)).toThrow('NODE_ID is 4; allowed: 0 to 3 in local');
    expect(requireClient(config, 'gateway')).toEqual(config.clients[0]);
    expect(() => requireClient(config, 'x')).toThrow('CLIENT_ID is "x"; allowed: gateway');
  });

  it('warns of development keys, whichever one it is', () => {
    expect(clusterWarnings(config)).toEqual([expect.stringContaining('development keys')]);
    const foreign = (n: number): string => developmentKey('client', `other-${n}`).publicKey;
    const members = [0, 1, 2, 3].map((id) => ({ id, publicKey: foreign(id) }));
    const own = parseClusterConfig({ ...file(), members, clients: [] });
    expect(clusterWarnings(own)).toEqual([]);
    const oneLeft = parseClusterConfig({ ...file(), members });
    expect(clusterWarnings(oneLeft)).toEqual([expect.stringContaining('development keys')]);
  });

  it.each([1, 2, 3])('of %i warns that no node may be faulty', (nodes) => {
    const small = developmentCluster({ nodes, mode: 'pbft' });
    expect(clusterWarnings(small)).toContainEqual(expect.stringContaining('f = 0'));
  });
});
