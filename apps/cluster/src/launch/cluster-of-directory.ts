/** Which cluster `npm start` runs: a new one each time, unless a data directory remembers one. */

import {
  developmentCluster,
  formatClusterFile,
  GATEWAY_CLIENT,
  loadClusterConfig,
  type ClusterConfig,
  type StorageSettings,
} from '@ccro/cluster-config';
import { makeDirectory } from '@ccro/files';
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { OptionError } from '@ccro/program';
import type { ClusterOptions } from '../options/cluster-options.js';

/**
 * The cluster that the options describe. A data directory keeps its name, which is in everything
 * that the nodes have signed, and its signature scheme, which is that of its certificates; mode
 * and codec may change from one run to the next.
 *
 * @param stateMachine what all nodes run, as `name@version`
 * @throws OptionError when the directory is that of a cluster of another size, scheme or state machine; ConfigurationError
 *   when its cluster file cannot be read
 */
export async function clusterOf(
  options: ClusterOptions,
  stateMachine?: string,
): Promise<ClusterConfig> {
  const { nodes, mode, signature, codec, storage, clients = [] } = options;
  const plan = { nodes, mode, signature, codec, stateMachine };
  // A name of its own: a development cluster on the same Redis has the same keys.
  const name = `start-${randomUUID().slice(0, 8)}`;
  const fresh = { ...plan, cluster: name, clients: [GATEWAY_CLIENT, ...clients] };
  if (storage.durability === 'memory') return developmentCluster(fresh);
  const path = join(storage.dataDirectory, 'cluster.json');
  if (!existsSync(path)) return remember(developmentCluster(fresh), path, storage);
  const stored = loadClusterConfig(path);
  const { cluster, members, tuning } = stored;
  if (members.length !== nodes) {
    const { dataDirectory } = storage;
    const said = `its cluster has ${members.length} nodes: --nodes ${members.length}, or another directory`;
    throw new OptionError('data-dir', dataDirectory, said);
  }
  if (signature !== 'auto' && signature !== stored.signature) {
    const said = `what ${storage.dataDirectory} holds is signed with ${stored.signature}`;
    throw new OptionError('signature', signature, `${said}; or another directory`);
  }
  if (stateMachine !== stored.stateMachine) {
    const said = `${storage.dataDirectory} holds the state of ${stored.stateMachine ?? 'none'}`;
    throw new OptionError('state-machine', stateMachine, `${said}; or another directory`);
  }
  const known = stored.clients.map(({ id }) => id);
  const unknown = clients.find((id) => !known.includes(id));
  if (unknown !== undefined) {
    const said = `the clients in ${path} are ${known.join(', ')}; or another directory`;
    throw new OptionError('client', unknown, said);
  }
  const kept = { cluster, signature: stored.signature, clients: known, tuning };
  return developmentCluster({ ...plan, ...kept });
}

/** The name is on the disk before any node signs anything with it. */
async function remember(
  config: ClusterConfig,
  path: string,
  { dataDirectory }: Extract<StorageSettings, { readonly dataDirectory: string }>,
): Promise<ClusterConfig> {
  try {
    makeDirectory(dataDirectory);
    await writeFile(`${path}.new`, formatClusterFile(config), { flush: true });
    await rename(`${path}.new`, path);
  } catch (error) {
    throw new OptionError('data-dir', dataDirectory, (error as Error).message);
  }
  return config;
}
