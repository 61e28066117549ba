/**
 * `npm run verify -- receipt.json --config cluster.json`: checks a receipt, offline, with the
 * public keys of the cluster file. Exits 0 when it holds, 1 with the reason when it does not, 2
 * when it could not be checked.
 */

import { asTool, endWithReader, printable } from '@ccro/program';
import {
  clusterKeys,
  clusterWarnings,
  ConfigurationError,
  loadClusterConfig,
  trustedFileWarnings,
} from '@ccro/cluster-config';
import { requireRegularFile } from '@ccro/files';
import { errorMessage } from '@ccro/foreign-text';
import { MAX_RECEIPT_BYTES, ReceiptVerifier } from '@ccro/receipt';
import { Command } from 'commander';
import { createReadStream } from 'node:fs';
import { verdictJson, verdictText } from './report/verdict-text.js';

const NOT_CHECKED = 2;

interface VerifyOptions {
  readonly config: string;
  readonly json?: true;
}

const program = asTool(new Command('npm run verify --'), import.meta.url)
  .description(
    'Checks a receipt of GET /requests/:id/receipt, offline, and says what it proves. ' +
      'Exits 0 when it holds, 1 when it does not, 2 when it could not be checked.',
  )
  .argument('<receipt>', 'the receipt as it was downloaded; - reads standard input')
  .requiredOption('--config <file>', "the cluster file, from whom you trust for the members' keys")
  .option('--json', 'print the verdict as JSON')
  .action(verify);

endWithReader();
await program.parseAsync();

async function verify(receipt: string, { config, json }: VerifyOptions): Promise<void> {
  try {
    const cluster = loadClusterConfig(config);
    const verdict = new ReceiptVerifier(clusterKeys(cluster)).verify(await readInput(receipt));
    const output = json === true ? verdictJson(verdict) : verdictText(verdict, cluster);
    process.stdout.write(output);
    const warnings = [...clusterWarnings(cluster), ...trustedFileWarnings([config])];
    for (const warning of warnings) process.stderr.write(`warning: ${printable(warning)}\n`);
    process.exitCode = verdict.holds ? 0 : 1;
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    process.stderr.write(`error: ${printable(error.message)}\n`);
    process.exitCode = NOT_CHECKED;
  }
}

/**
 * The bytes of a file, or of standard input for `-`. Reading stops as soon as they are too many for a
 * receipt.
 *
 * @throws ConfigurationError when there is nothing to read
 */
async function readInput(path: string): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    if (path !== '-') requireRegularFile(path);
    const input = path === '-' ? process.stdin : createReadStream(path);
    for await (const chunk of input as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      length += chunk.length;
      if (length > MAX_RECEIPT_BYTES) break;
    }
  } catch (error) {
    const reason = errorMessage(error);
    throw new ConfigurationError(
      `receipt ${JSON.stringify(path)}`,
      `cannot be read (${reason}); allowed: a file that GET /requests/:id/receipt gave, or -`,
    );
  }
  return Buffer.concat(chunks);
}
