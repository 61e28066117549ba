/**
 * `npm run keygen -- --nodes 4 --out DIR`: makes the keys of a new cluster, and users of Redis for
 * it with `--redis-acl`; with `--api-keys FILE` instead keys for callers of the gateway. Exits 0
 * when all files are written, otherwise, with one line on standard error, 2 when an option is wrong
 * and 1 when the files cannot be written.
 */

import { RedisUrl, redisUrlProblem } from '@ccro/redis';
import { asTool, endWithReader, exitCodeOf, printable } from '@ccro/program';
import {
  addApiKeys,
  API_ROLES,
  BLS_FROM,
  clusterWarnings,
  ConfigurationError,
  GATEWAY_CLIENT,
  generateCluster,
  generateRedisUsers,
  loadClusterConfig,
  MAX_MEMBERS,
  notAllowed,
  parseApiKeyPlan,
  readCodec,
  SIGNATURE_CHOICES,
  type ClusterMode,
  type SignatureChoice,
} from '@ccro/cluster-config';
import { CODEC_NAMES, type CodecName, DEFAULT_CODEC } from '@ccro/wire';
import { Command, InvalidArgumentError, Option } from 'commander';
import { join } from 'node:path';

interface KeygenOptions {
  readonly nodes: number;
  readonly out?: string;
  readonly mode: ClusterMode;
  readonly signature: SignatureChoice;
  readonly codec?: CodecName;
  readonly cluster: string;
  readonly client: readonly string[];
  readonly gateway?: string[];
  readonly redisAcl?: boolean;
  readonly redisUrl: string;
  readonly config?: string;
  readonly apiKeys?: string;
  readonly apiKey?: readonly string[];
  readonly stateMachine?: string;
}

const program = asTool(new Command('npm run keygen --'), import.meta.url)
  .description(
    'Makes a new cluster: cluster.json with the public keys, and one private key file (mode 0600) ' +
      'for every node and client. Or users of Redis, or keys for callers of the gateway.',
  )
  .option('--out <directory>', 'where the files go; made if it is not there')
  .option('--nodes <number>', `how many nodes, 1 to ${MAX_MEMBERS}`, nodeCount, 4)
  .addOption(
    new Option('--mode <mode>', 'how votes travel').choices(['ccro', 'pbft']).default('ccro'),
  )
  .addOption(
    new Option(
      '--signature <scheme>',
      `how votes are signed; auto: bls in ccro mode from ${BLS_FROM} nodes on`,
    )
      .choices([...SIGNATURE_CHOICES])
      .default('auto'),
  )
  .addOption(
    new Option(
      '--codec <name>',
      'how messages are spelt: json is readable, compact is smaller (default: json; also: CODEC)',
    ).choices([...CODEC_NAMES]),
  )
  .option('--cluster <name>', 'name of the cluster: letters, digits, - and _', 'ccro')
  .option('--client <name...>', 'clients that may send requests', [GATEWAY_CLIENT])
  .option('--redis-acl', 'also a user of Redis for each node and client, in OUT/redis')
  .option(
    '--gateway <name...>',
    `with --redis-acl: the clients that are gateways (default: ${GATEWAY_CLIENT}, if it is one)`,
  )
  .option('--redis-url <url>', 'where that Redis is', 'redis://127.0.0.1:6379')
  .option('--config <file>', 'with --redis-acl: users for the cluster of this file, no new one')
  .option('--api-keys <file>', 'instead of a cluster: add keys for callers to this file')
  .option(
    '--api-key <key...>',
    `with --api-keys: NAME:ROLE or NAME:ROLE:REQUESTS-PER-SECOND; roles: ${API_ROLES.join(', ')}`,
  )
  .option('--state-machine <name@version>', 'the state machine that all nodes are to run')
  .action(generate);

endWithReader();
program.parse();

function nodeCount(text: string): number {
  const nodes = Number(text);
  if (/^\d{1,4}$/.test(text) && nodes >= 1 && nodes <= MAX_MEMBERS) return nodes;
  throw new InvalidArgumentError(`Allowed: 1 to ${MAX_MEMBERS}.`);
}

function generate(options: KeygenOptions): void {
  try {
    if (options.apiKeys !== undefined) generateApiKeys(options.apiKeys, options);
    else generateClusterFiles(options);
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    process.stderr.write(`error: ${printable(error.message)}\n`);
    process.exitCode = exitCodeOf(error);
  }
}

function generateClusterFiles(options: KeygenOptions): void {
  const { nodes, out, mode, signature, cluster, client, redisAcl = false, config } = options;
  const { codec = readCodec() ?? DEFAULT_CODEC, stateMachine } = options;
  if (out === undefined) {
    throw notAllowed('--out', undefined, 'a directory (or --api-keys FILE, for keys of callers)');
  }
  if (options.apiKey !== undefined) {
    throw notAllowed('--api-keys', undefined, 'the file that the keys are added to');
  }
  if (options.gateway !== undefined && !redisAcl) {
    throw notAllowed('--gateway', options.gateway.join(' '), 'with --redis-acl');
  }
  if (config !== undefined) {
    if (!redisAcl) throw notAllowed('--redis-acl', undefined, 'with --config');
    generateUsers(config, out, options);
    return;
  }
  redisUrl(options); // checked before anything is written
  const plan = { cluster, mode, signature, codec, nodes, clients: client, stateMachine };
  const [clusterFile = '', ...keyFiles] = generateCluster(plan, out);
  process.stdout.write(`${clusterFile}\n`);
  for (const keyFile of keyFiles) process.stdout.write(`${keyFile} (private)\n`);
  if (redisAcl) generateUsers(clusterFile, join(out, 'redis'), options);
  for (const warning of clusterWarnings(loadClusterConfig(clusterFile))) {
    process.stderr.write(`warning: ${warning}\n`);
  }
}

function generateUsers(clusterFile: string, directory: string, options: KeygenOptions): void {
  const config = loadClusterConfig(clusterFile);
  for (const file of generateRedisUsers(config, directory, redisUrl(options), options.gateway)) {
    process.stdout.write(`${file} (private)\n`);
  }
}

function redisUrl({ redisUrl: text }: KeygenOptions): RedisUrl {
  const problem = redisUrlProblem(text);
  if (problem !== undefined) throw new ConfigurationError('--redis-url', problem);
  const url = new RedisUrl(text);
  if (!url.namesUser) return url;
  throw new ConfigurationError('--redis-url', 'names a user; allowed: where Redis is, alone');
}

/** Standard output alone ever shows a key. */
function generateApiKeys(file: string, { out, redisAcl, apiKey }: KeygenOptions): void {
  if (out !== undefined || redisAcl !== undefined) {
    throw notAllowed('--api-keys', file, 'without --out and --redis-acl, which make other files');
  }
  if (apiKey === undefined) {
    const allowed = 'NAME:ROLE for each key that is to be made, such as alice:submit';
    throw notAllowed('--api-key', undefined, allowed);
  }
  const issued = addApiKeys(file, apiKey.map(parseApiKeyPlan));
  for (const { name, role, key } of issued) process.stdout.write(`${name} (${role}) ${key}\n`);
  process.stdout.write(`${file} (private) holds their hashes: the keys are not shown again\n`);
}
