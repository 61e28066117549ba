import { ConfigurationError } from '@ccro/cluster-config';
import { errorMessage } from '@ccro/foreign-text';
import { MAX_RECEIPT_BYTES } from '@ccro/receipt';
import { createReadStream } from 'node:fs';

/**
 * The bytes of a file, or of standard input for `-`. Reading stops as soon as they are too many for a
 * receipt.
 *
 * @throws ConfigurationError when there is nothing to read
 */
export async function readInput(path: string): Promise<Uint8Array> {
  const input = path === '-' ? process.stdin : createReadStream(path);
  const chunks: Buffer[] = [];
  let length = 0;
  try {
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
