import { maxFaulty } from '@ccro/consensus';
import { readRegularFile } from '@ccro/files';
import { parseStrictJsonBytes, StrictJsonError } from '@ccro/strict-json';
import type { CodecName } from '@ccro/wire';
import { parseClusterConfig, type ClusterConfig } from './cluster-config.js';
import { ConfigurationError, shown } from './configuration-error.js';
import { isDevelopmentCluster } from './development.js';
import { reading } from './secret-files.js';
import { wouldUseBls } from './signature-scheme.js';

/**
 * Reads and checks a cluster file. It says whose keys count, so that a field which is given twice is
 * refused: who looks at the file may see the other one.
 *
 * @param codec instead of the file's
 * @throws ConfigurationError naming the file and the field that is wrong
 */
export function loadClusterConfig(path: string, codec?: CodecName): ClusterConfig {
  const setting = `cluster file ${shown(path)}`;
  const advice = '; allowed: a file made by "npm run keygen"';
  const bytes = reading(setting, advice, () => readRegularFile(path));
  let json: unknown;
  try {
    json = parseStrictJsonBytes(bytes);
  } catch (error) {
    if (!(error instanceof StrictJsonError)) throw error;
    if (error.code === 'unkept') throw new ConfigurationError(`${setting}:`, error.message);
    throw new ConfigurationError(setting, `is not JSON (${error.message})`);
  }
  try {
    const config = parseClusterConfig(json);
    return codec === undefined ? config : { ...config, codec };
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    throw new ConfigurationError(`${setting}:`, error.message);
  }
}

/** Warnings for the operator of this cluster, one line each. */
export function clusterWarnings(config: ClusterConfig): string[] {
  const warnings: string[] = [];
  const n = config.members.length;
  if (isDevelopmentCluster(config)) {
    warnings.push(
      `cluster ${config.cluster} uses development keys, which are public: anyone can sign as its ` +
        'nodes and clients. Never for production',
    );
  }
  if (maxFaulty(n) === 0) {
    warnings.push(`a cluster of ${n} tolerates no faulty node (f = 0); 4 nodes tolerate one`);
  }
  if (wouldUseBls(config) && config.members.some(({ bls }) => bls === undefined)) {
    warnings.push(
      `cluster ${config.cluster} lists Ed25519 signatures in its certificates, as not every member ` +
        'has a BLS key; a cluster made by "npm run keygen" has them',
    );
  }
  return warnings;
}
