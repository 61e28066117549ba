/** Files that a test needs for itself, gone when it has finished. */

import {
  developmentCluster,
  formatClusterFile,
  GATEWAY_CLIENT,
  type ClusterConfig,
} from '@ccro/cluster-config';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

export async function temporaryDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'ccro-acceptance-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

/** @returns the path of a file called `name` with this content */
export async function fileWith(name: string, content: string): Promise<string> {
  const file = join(await temporaryDirectory(), name);
  await writeFile(file, content);
  return file;
}

/** A file for a CCRO cluster of four with development keys. @returns its path */
export function clusterFile({
  clients = [GATEWAY_CLIENT],
  tuning,
  codec,
}: {
  readonly clients?: readonly string[];
  readonly codec?: ClusterConfig['codec'];
  readonly tuning?: ClusterConfig['tuning'];
}): Promise<string> {
  const spelt = codec === undefined ? {} : { codec };
  const config = developmentCluster({ nodes: 4, mode: 'ccro', clients, ...spelt });
  const tuned = tuning === undefined ? config : { ...config, tuning };
  return fileWith('cluster.json', formatClusterFile(tuned));
}
