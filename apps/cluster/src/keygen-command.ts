import { RedisUrl, redisUrlProblem } from '@ccro/redis';
import { asTool, exitCodeOf, printable } from '@ccro/program';
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

/** What only a cluster that is made has. */
const OF_A_NEW_CLUSTER = [
  ...(['nodes', 'mode', 'signature', 'codec', 'cluster', 'client', 'stateMachine'] as const),
];
const OF_OTHER_FILES = [
  ...(['out', 'redisAcl', 'gateway', 'redisUrl', 'config'] as const),
  ...OF_A_NEW_CLUSTER,
];

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

/** `npm run keygen -- --help`. */
export function keygenCommand(): Command {
  return asTool(new Command('npm run keygen --'), import.meta.url)
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
}

function nodeCount(text: string): number {
  const nodes = Number(text);
  if (/^\d{1,4}$/.test(text) && nodes >= 1 && nodes <= MAX_MEMBERS) return nodes;
  throw new InvalidArgumentError(`Allowed: 1 to ${MAX_MEMBERS}.`);
}

function generate(options: KeygenOptions, command: Command): void {
  try {
    if (options.apiKeys !== undefined) generateApiKeys(options.apiKeys, options, command);
    else generateClusterFiles(options, command);
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    process.stderr.write(`error: ${printable(error.message)}\n`);
    process.exitCode = exitCodeOf(error);
  }
}

function generateClusterFiles(options: KeygenOptions, command: Command): void {
  const { nodes, out, mode, signature, cluster, client, redisAcl = false, config } = options;
  const { codec = readCodec() ?? DEFAULT_CODEC, stateMachine } = options;
  if (out === undefined || out === '') {
    throw notAllowed('--out', out, 'a directory (or --api-keys FILE, for keys of callers)');
  }
  if (options.apiKey !== undefined) {
    throw notAllowed('--api-keys', undefined, 'the file that the keys are added to');
  }
  if (options.gateway !== undefined && !redisAcl) {
    throw notAllowed('--gateway', options.gateway.join(' '), 'with --redis-acl');
  }
  if (config !== undefined) {
    if (!redisAcl) throw notAllowed('--redis-acl', undefined, 'with --config');
    refuse(command, OF_A_NEW_CLUSTER, 'without --config, which names a cluster that is there');
    generateUsers(config, out, options);
    return;
  }
  if (!redisAcl) refuse(command, ['redisUrl'], 'with --redis-acl');
  const plan = { cluster, mode, signature, codec, nodes, clients: client, stateMachine };
  const redis = redisAcl ? { url: redisUrl(options), gateways: options.gateway } : undefined;
  const [clusterFile = '', ...privateFiles] = generateCluster(plan, out, redis);
  process.stdout.write(`${clusterFile}\n`);
  for (const file of privateFiles) process.stdout.write(`${file} (private)\n`);
  for (const warning of clusterWarnings(loadClusterConfig(clusterFile))) {
    process.stderr.write(`warning: ${warning}\n`);
  }
}

/** Nothing that is typed is left out in silence. @throws ConfigurationError */
function refuse(command: Command, names: readonly (keyof KeygenOptions)[], allowed: string): void {
  const typed = names.find((name) => command.getOptionValueSource(name) === 'cli');
  if (typed === undefined) return;
  const value = command.getOptionValue(typed) as unknown;
  const option = command.options.find((each) => each.attributeName() === typed);
  throw notAllowed(option?.long ?? typed, value === true ? '' : value, allowed);
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
function generateApiKeys(file: string, { apiKey }: KeygenOptions, command: Command): void {
  if (file === '') throw notAllowed('--api-keys', file, 'the file that the keys are added to');
  refuse(
    command,
    OF_OTHER_FILES,
    'without --api-keys, which makes no cluster and no users of Redis',
  );
  if (apiKey === undefined) {
    const allowed = 'NAME:ROLE for each key that is to be made, such as alice:submit';
    throw notAllowed('--api-key', undefined, allowed);
  }
  const issued = addApiKeys(file, apiKey.map(parseApiKeyPlan));
  for (const { name, role, key } of issued) process.stdout.write(`${name} (${role}) ${key}\n`);
  process.stdout.write(`${file} (private) holds their hashes: the keys are not shown again\n`);
}
