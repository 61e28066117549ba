import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { formatClusterFile } from './cluster-config.js';
import { loadClusterConfig } from './load-cluster-config.js';
import { developmentCluster, developmentKey } from './development.js';

const LOCAL = fileURLToPath(new URL('../../../config/local.json', import.meta.url));

describe('the development cluster', () => {
  it('is what config/local.json holds (made again by vitest -u)', async () => {
    const local = developmentCluster({ nodes: 4, mode: 'ccro' });
    await expect(formatClusterFile(local)).toMatchFileSnapshot(LOCAL);
    expect(loadClusterConfig(LOCAL)).toEqual(local);
  });

  it('has the same keys every time, all different', () => {
    expect(developmentKey('node', 0)).toEqual(developmentKey('node', 0));
    const keys = [
      developmentKey('node', 0),
      developmentKey('node', 1),
      developmentKey('client', '0'),
      developmentKey('client', 'gateway'),
    ].map(({ secretKey }) => secretKey);
    expect(new Set(keys).size).toBe(keys.length);
  });

  it('keeps the keys of its members when it grows', () => {
    const small = developmentCluster({ nodes: 4, mode: 'ccro' });
    const large = developmentCluster({ nodes: 31, mode: 'pbft', cluster: 'large' });
    expect(large.members.slice(0, 4)).toEqual(small.members);
    expect(large.members).toHaveLength(31);
    expect(large).toMatchObject({ cluster: 'large', mode: 'pbft' });
  });

  it.each([0, 1025])('refuses %d nodes', (nodes) => {
    expect(() => developmentCluster({ nodes, mode: 'ccro' })).toThrow('members');
  });
});
