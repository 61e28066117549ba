import { parseClusterConfig, type ClusterConfig } from '@ccro/cluster-config';
import { parseStrictJson } from '@ccro/strict-json';

/**
 * Reads a cluster file as strictly as the programs do: it says whose keys count.
 *
 * @throws with what is wrong, such as a field that is given twice
 */
export function readClusterFile(bytes: Uint8Array): ClusterConfig {
  return parseClusterConfig(parseStrictJson(textOf(bytes)));
}

function textOf(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new Error('it is not UTF-8');
  }
}
