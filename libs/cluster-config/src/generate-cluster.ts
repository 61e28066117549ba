import { generateKeyPair, generateVotingKeyPair } from '@ccro/crypto';
import type { RedisUrl } from '@ccro/redis';
import { join } from 'node:path';
import { clusterOf, formatClusterFile, type ClusterPlan } from './cluster-config.js';
import { formatKeyFile, keyFileName, type KeyOwner, type OwnKeys } from './private-key.js';
import { redisUserFiles } from './redis-users.js';
import { PRIVATE, PUBLIC, writeNewFiles, type NewFile } from './secret-files.js';

const CLUSTER_FILE = 'cluster.json';
const REDIS_FOLDER = 'redis';

/**
 * Makes keys for a new cluster and writes `cluster.json` and one key file for every node and
 * client. Overwrites nothing: a private key that is lost cannot be made again. The client that is
 * called as the gateway is by default is marked as admin in the file, no other one.
 *
 * @param directory made if it is not there
 * @param redis where the Redis is that gets users as well, in `redis`, and which clients are gateways
 * @returns paths of the files, the cluster file first
 * @throws ConfigurationError when the plan is no cluster, a gateway is no client of it, or a file is
 *   there already; nothing is written then
 */
export function generateCluster(
  plan: ClusterPlan,
  directory: string,
  redis?: { readonly url: RedisUrl; readonly gateways?: readonly string[] | undefined },
): string[] {
  const keyFiles: NewFile[] = [];
  const kept = <K extends OwnKeys>(owner: KeyOwner, keys: K): K => {
    keyFiles.push({ name: keyFileName(owner), text: formatKeyFile(owner, keys), mode: PRIVATE });
    return keys;
  };
  const config = clusterOf(plan, {
    // Nodes have a second key, whether or not this cluster votes with it.
    node: (id) =>
      kept({ role: 'node', id }, { ...generateKeyPair(), bls: generateVotingKeyPair() }),
    client: (id) => kept({ role: 'client', id }, generateKeyPair()),
  });
  const clusterFile = { name: CLUSTER_FILE, text: formatClusterFile(config), mode: PUBLIC };
  const users = redis === undefined ? [] : redisUserFiles(config, redis.url, redis.gateways);
  const inFolder = users.map((file) => ({ ...file, name: join(REDIS_FOLDER, file.name) }));
  return writeNewFiles(directory, [clusterFile, ...keyFiles, ...inFolder]);
}
