import { describe, expect, it } from 'vitest';
import { clusterKeys, formatClusterFile, parseClusterConfig } from './cluster-config.js';
import { clusterWarnings } from './load-cluster-config.js';
import { ConfigurationError } from './configuration-error.js';
import { developmentCluster, developmentVotingKey } from './development.js';
import { BLS_FROM, type SignatureChoice } from './signature-scheme.js';

type Json = Record<string, unknown> & { members: Record<string, unknown>[] };

/** A cluster file with a choice of signature, as somebody may have written it. */
function file(
  nodes: number,
  signature: SignatureChoice | undefined,
  change: (json: Json) => void = () => undefined,
): Json {
  const config = developmentCluster({ nodes, mode: 'ccro', signature: 'ed25519' });
  const json = JSON.parse(formatClusterFile(config)) as Json;
  if (signature === undefined) delete json['signature'];
  else json['signature'] = signature;
  change(json);
  return json;
}

const withoutBls = (json: Json): void => {
  for (const member of json.members) delete member['bls'];
};

describe('the signature scheme of a cluster', () => {
  it('is the one its file names', () => {
    for (const nodes of [4, BLS_FROM]) {
      const ed25519 = parseClusterConfig(file(nodes, 'ed25519'));
      expect(ed25519.signature).toBe('ed25519');
      expect(clusterKeys(ed25519).votingKeys).toBeUndefined();
      const bls = parseClusterConfig(file(nodes, 'bls'));
      expect(bls.signature).toBe('bls');
      expect(clusterKeys(bls).votingKeys?.size).toBe(nodes);
    }
  });

  it.each(['auto', undefined] as const)('follows from the size for %s', (choice) => {
    expect(parseClusterConfig(file(BLS_FROM - 1, choice)).signature).toBe('ed25519');
    expect(parseClusterConfig(file(BLS_FROM, choice)).signature).toBe('bls');
  });

  it('is Ed25519 in PBFT unless BLS is asked for', () => {
    const pbft = (json: Json): void => void (json['mode'] = 'pbft');
    expect(parseClusterConfig(file(BLS_FROM, 'auto', pbft)).signature).toBe('ed25519');
    expect(parseClusterConfig(file(BLS_FROM, 'bls', pbft)).signature).toBe('bls');
  });

  it('is Ed25519 where members have no BLS keys, and a line says so', () => {
    const large = parseClusterConfig(file(BLS_FROM, 'auto', withoutBls));
    expect(large.signature).toBe('ed25519');
    expect(clusterWarnings(large)).toContainEqual(expect.stringContaining('has a BLS key'));
    const small = parseClusterConfig(file(4, 'ed25519', withoutBls));
    expect(clusterWarnings(small)).toEqual([expect.stringContaining('development keys')]);
    const complete = developmentCluster({ nodes: BLS_FROM, mode: 'ccro' });
    expect(clusterWarnings(complete)).toEqual([expect.stringContaining('development keys')]);
  });

  it('is written down as what it is, and read back', () => {
    const config = developmentCluster({ nodes: 4, mode: 'ccro', signature: 'bls' });
    expect(formatClusterFile(config)).toContain('"signature": "bls"');
    expect(formatClusterFile(config)).not.toContain('voting');
    expect(parseClusterConfig(JSON.parse(formatClusterFile(config)))).toEqual(config);
  });

  const own = (id: number): Record<string, string> => {
    const { publicKey, possession } = developmentVotingKey(id);
    return { publicKey, possession };
  };

  it.each<[string, (json: Json) => void, RegExp]>([
    [
      'a member without a BLS key',
      (json) => delete json.members[2]!['bls'],
      /^members\[2\]\.bls is missing; allowed: a BLS key made by "npm run keygen", or signature/,
    ],
    [
      'a proof of another key',
      (json) => (json.members[2]!['bls'] = { ...own(2), possession: own(3)['possession'] }),
      /^members\[\]\.bls cannot be used \(possession-not-proven: member 2 has not shown/,
    ],
    [
      'a key that two members share',
      (json) => (json.members[2]!['bls'] = own(3)),
      /^members\[\]\.bls cannot be used \(duplicate-member-key/,
    ],
    [
      'a key that is no point',
      (json) => (json.members[2]!['bls'] = { ...own(2), publicKey: 'A'.repeat(64) }),
      /^members\[\]\.bls cannot be used \(malformed-public-key: the BLS key of member 2/,
    ],
  ])('cannot be BLS with %s', (_, change, message) => {
    const json = file(4, 'bls', change);
    expect(() => parseClusterConfig(json)).toThrow(message);
    expect(() => parseClusterConfig(json)).toThrow(ConfigurationError);
  });
});
