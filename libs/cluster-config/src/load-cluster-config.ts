import { errorMessage } from '@ccro/foreign-text';
import type { CodecName } from '@ccro/wire';
import { readFileSync } from 'node:fs';
import { parseClusterConfig, type ClusterConfig } from './cluster-config.js';
import { ConfigurationError, shown } from './configuration-error.js';

/**
 * Reads and checks a cluster file.
 *
 * @param codec instead of the file's
 * @throws ConfigurationError naming the file and the field that is wrong
 */
export function loadClusterConfig(path: string, codec?: CodecName): ClusterConfig {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const reason = errorMessage(error);
    throw new ConfigurationError(
      `cluster file ${shown(path)}`,
      `cannot be read (${reason}); allowed: a file made by "npm run keygen"`,
    );
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new ConfigurationError(`cluster file ${shown(path)}`, 'is not JSON');
  }
  try {
    const config = parseClusterConfig(json);
    return codec === undefined ? config : { ...config, codec };
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    throw new ConfigurationError(`cluster file ${shown(path)}:`, error.message);
  }
}
