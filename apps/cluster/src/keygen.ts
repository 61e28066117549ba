/**
 * `npm run keygen -- --nodes 4 --out DIR`: makes the keys of a new cluster. Exits 0 when all files
 * are written, 1 with one line on standard error otherwise.
 */

import {
  BLS_FROM,
  clusterWarnings,
  ConfigurationError,
  GATEWAY_CLIENT,
  generateCluster,
  loadClusterConfig,
  MAX_MEMBERS,
  SIGNATURE_CHOICES,
  type ClusterMode,
  type SignatureChoice,
} from '@ccro/cluster-config';
import { Command, InvalidArgumentError, Option } from 'commander';

interface KeygenOptions {
  readonly nodes: number;
  readonly out: string;
  readonly mode: ClusterMode;
  readonly signature: SignatureChoice;
  readonly cluster: string;
  readonly client: readonly string[];
  readonly stateMachine?: string;
}

const program = new Command('npm run keygen --')
  .description(
    'Makes a new cluster: cluster.json with the public keys, and one private key file (mode 0600) ' +
      'for every node and client.',
  )
  .requiredOption('--out <directory>', 'where the files go; made if it is not there')
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
  .option('--cluster <name>', 'name of the cluster: letters, digits, - and _', 'ccro')
  .option('--client <name...>', 'clients that may send requests', [GATEWAY_CLIENT])
  .option('--state-machine <name@version>', 'the state machine that all nodes are to run')
  .allowExcessArguments(false)
  .showHelpAfterError('(--help lists the options)')
  .action(generate);

program.parse();

function nodeCount(text: string): number {
  const nodes = Number(text);
  if (/^\d{1,4}$/.test(text) && nodes >= 1 && nodes <= MAX_MEMBERS) return nodes;
  throw new InvalidArgumentError(`Allowed: 1 to ${MAX_MEMBERS}.`);
}

function generate(options: KeygenOptions): void {
  const { nodes, out, mode, signature, cluster, client, stateMachine } = options;
  try {
    const [clusterFile = '', ...keyFiles] = generateCluster(
      { cluster, mode, signature, nodes, clients: client, stateMachine },
      out,
    );
    process.stdout.write(`${clusterFile}\n`);
    for (const keyFile of keyFiles) process.stdout.write(`${keyFile} (private)\n`);
    for (const warning of clusterWarnings(loadClusterConfig(clusterFile))) {
      process.stderr.write(`warning: ${warning}\n`);
    }
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    process.stderr.write(`error: ${error.message}\n`);
    process.exitCode = 1;
  }
}
