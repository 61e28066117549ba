import { differingSettings, DEFAULT_REPLICA_CONFIG } from '@ccro/consensus';
import { MAX_SETTINGS } from '@ccro/wire';
import { describe, expect, it } from 'vitest';
import { formatClusterFile, parseClusterConfig, type ClusterConfig } from './cluster-config.js';
import { clusterSchema } from './cluster-schema.js';
import { developmentCluster, developmentKey, developmentVotingKey } from './development.js';
import { clientFacts, settingsOf, TUNING_STANDINGS } from './settings.js';

const config = developmentCluster({ nodes: 4, mode: 'ccro', clients: ['gateway', 'alice'] });
const own = settingsOf(config);
const [first, ...others] = config.members;
const [gateway, ...otherClients] = config.clients;

function differing(other: ClusterConfig): readonly string[] {
  return differingSettings(own, settingsOf(other));
}

/** Another value of each part of a cluster file that must be equal, and what it is called. */
const CHANGED: Readonly<Record<string, readonly [string, ClusterConfig]>> = {
  mode: ['mode', { ...config, mode: 'pbft' }],
  signature: ['signature', { ...config, signature: 'bls' }],
  members: ['members', { ...config, members: others }],
  'members[].publicKey': [
    'members',
    {
      ...config,
      members: [{ ...first, id: 0, publicKey: developmentKey('node', 9).publicKey }, ...others],
    },
  ],
  clients: ['clients', { ...config, clients: otherClients }],
  'clients[].publicKey': [
    'clients',
    {
      ...config,
      clients: [
        { id: 'gateway', publicKey: developmentKey('client', 'bob').publicKey, admin: true },
        ...otherClients,
      ],
    },
  ],
  'clients[].admin': [
    'clients',
    {
      ...config,
      clients: [
        { ...gateway, id: 'gateway', publicKey: gateway?.publicKey ?? '', admin: false },
        ...otherClients,
      ],
    },
  ],
  codec: ['codec', { ...config, codec: 'compact' }],
  stateMachine: ['stateMachine', { ...config, stateMachine: 'auction@1' }],
};

const TUNED = Object.entries(TUNING_STANDINGS).map(([name, standing]) => ({
  name: name as keyof typeof TUNING_STANDINGS,
  standing,
}));

describe('what all nodes and clients must have alike', () => {
  it('D7: every field of a cluster file is classified', () => {
    const fields = Object.keys(clusterSchema.shape);
    const compared = new Set(own.map((entry) => entry.split(':')[0]));
    // The name is part of everything that is signed; of tuning each field stands for itself.
    const unclassified = fields.filter((field) => !compared.has(field));
    expect(unclassified.sort()).toEqual(['cluster', 'tuning']);
    const tuning = Object.keys(clusterSchema.shape.tuning.unwrap().shape);
    const known = Object.keys(TUNING_STANDINGS);
    expect(tuning.filter((field) => !known.includes(field))).toEqual([]);
    expect(known.sort()).toEqual(Object.keys(DEFAULT_REPLICA_CONFIG).sort());
    expect(own.length).toBeLessThanOrEqual(MAX_SETTINGS);
  });

  it.each(Object.entries(CHANGED))('D7: %s', (_name, [name, other]) => {
    expect(differing(other)).toEqual([name]);
  });

  it('D7: BLS keys, where votes are signed with them', () => {
    const bls = developmentCluster({ nodes: 4, mode: 'ccro', signature: 'bls' });
    const members = bls.members.map((member) => ({ ...member, bls: developmentVotingKey(9) }));
    expect(differingSettings(settingsOf(bls), settingsOf({ ...bls, members }))).toEqual([
      'members',
    ]);
  });

  it.each(TUNED)('D7: $name is $standing', ({ name, standing }) => {
    const value = DEFAULT_REPLICA_CONFIG[name];
    const other = typeof value === 'number' ? value + 1 : !value;
    const tuning = { [name]: typeof value === 'object' ? { min: 7, max: 77 } : other };
    expect(differing({ ...config, tuning })).toEqual(standing === 'equal' ? [name] : []);
  });

  it('D7, sibling: a default that is said aloud, order and spelling change nothing', () => {
    const { clientWindow } = DEFAULT_REPLICA_CONFIG;
    const clients = [...config.clients].reverse().map((each) => ({ admin: false, ...each }));
    const members = [...config.members].reverse();
    const file = JSON.parse(formatClusterFile({ ...config, clients, members })) as object;
    const other = parseClusterConfig({ ...file, signature: 'ed25519', tuning: { clientWindow } });
    expect(settingsOf(other)).toEqual(own);
  });
});

describe('what a client is told', () => {
  it('has the window of the cluster file where that sets one', () => {
    const facts = { cluster: config.cluster, n: 4, codec: config.codec };
    expect(clientFacts(config)).toEqual({ ...facts, settings: own });
    const tuned = { ...config, tuning: { clientWindow: 7 } };
    expect(clientFacts(tuned)).toEqual({ ...facts, settings: settingsOf(tuned), clientWindow: 7 });
  });
});
