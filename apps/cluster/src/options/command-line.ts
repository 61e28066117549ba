import { asTool } from '@ccro/program';
import { FAULT_KINDS, FAULTS } from '@ccro/faults';
import { BLS_FROM } from '@ccro/cluster-config';
import { Command } from 'commander';
import type { RawOptions } from './cluster-options.js';

const AUTO = `bls in ccro mode from ${BLS_FROM} nodes on`;

/** `npm start -- --help`. */
export function clusterCommand(): Command {
  const faults = FAULT_KINDS.map((kind) => `  ${kind.padEnd(18)} ${FAULTS[kind].description}`);
  return asTool(new Command('npm start --'), import.meta.url)
    .description('Starts a whole cluster and its gateway, and stays up until Ctrl-C.')
    .option('--mode <mode>', 'ccro or pbft', 'ccro')
    .option('--nodes <n>', 'number of nodes (default: 4, or 3F+1 with --byzantine F)')
    .option('--byzantine <f>', 'how many nodes are faulty (default: 0)')
    .option('--fault <kind>', 'how the faulty nodes misbehave, see below', 'offline')
    .option('--faulty-nodes <ids>', 'which nodes are faulty, e.g. 2,3 (default: random)')
    .option('--seed <s>', 'makes the random choices reproducible')
    .option('--broker <kind>', 'embedded or redis (default: embedded; redis if REDIS_URL is set)')
    .option('--redis-url <url>', 'where Redis is (default: REDIS_URL or redis://127.0.0.1:6379)')
    .option('--processes', 'each node in a process of its own (Redis only)')
    .option('--gateway-port <port>', 'port of the gateway, 0 = any free one', '3000')
    .option('--node-port <port>', 'node i listens on this port + i, 0 = any free ones', '8080')
    .option('--unsafe', 'allow more faulty nodes than the cluster tolerates')
    .option('--fault-injection', 'allow PUT /nodes/:id/fault (also: FAULT_INJECTION=on)')
    .option('--request-timeout <ms>', 'how long a call waits for its decision', '5000')
    .option('--data-dir <dir>', 'where nodes keep their records; a later start goes on with them')
    .option('--durability <kind>', 'fsync or async, with --data-dir (default: fsync)')
    .option('--signature <scheme>', `ed25519, bls, or auto: ${AUTO}`, 'auto')
    .option('--codec <name>', 'json, readable, or compact (default: json; also: CODEC)')
    .option('--api-keys <file>', 'callers of the gateway need one of these (also: API_KEYS_FILE)')
    .option('--state-machine <file>', 'module of a state machine of your own')
    .option('--client <id...>', 'clients besides the gateway, with development keys')
    .option('--once <file>', 'submit the requests of FILE, print the reports, and exit')
    .addHelpText('after', `\nKinds of fault:\n${faults.join('\n')}`);
}

/** What was typed, unchecked. */
export function typedOptions(command: Command, argv: readonly string[]): RawOptions {
  command.parse([...argv], { from: 'user' });
  return command.opts<RawOptions>();
}
