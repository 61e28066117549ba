/** Nodes in processes of their own, as `npm start -- --processes` runs them. */

import { formatClusterFile, type ClusterConfig, type StorageSettings } from '@ccro/cluster-config';
import type { FaultKind } from '@ccro/faults';
import { SupervisedProcess, Watchdog } from '@ccro/process-cluster';
import { builtProgram } from '@ccro/program';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * What only the processes of one launch need: their cluster file, their records where
 * no directory was named for them, and the watchdog that ends them, and removes the directory,
 * however the launcher ends.
 */
export class ProcessDirectory {
  readonly watchdog: Watchdog;

  private constructor(private readonly path: string) {
    this.watchdog = new Watchdog(path);
  }

  static async create(config: ClusterConfig): Promise<ProcessDirectory> {
    const directory = new ProcessDirectory(await mkdtemp(join(tmpdir(), 'ccro-start-')));
    await writeFile(directory.configPath, formatClusterFile(config));
    return directory;
  }

  get configPath(): string {
    return join(this.path, 'cluster.json');
  }

  /**
   * Where nodes keep their records. One that is started again goes on from them: without, it would
   * contradict what it signed. They need not outlive the launch, hence not the machine either.
   */
  storageFor(storage: StorageSettings): StorageSettings {
    if (storage.durability !== 'memory') return storage;
    return { durability: 'async', dataDirectory: join(this.path, 'data') };
  }

  async remove(): Promise<void> {
    await rm(this.path, { recursive: true, force: true });
    this.watchdog.dismiss();
  }
}

export interface NodeProcessOptions {
  readonly id: number;
  readonly configPath: string;
  readonly redisUrl: string;
  readonly redisCaFile?: string | undefined;
  readonly httpPort: number;
  readonly host: string;
  readonly gatewayUrl: string;
  /** Base URLs of all nodes, by id; undefined where they are not known in advance. */
  readonly nodeUrls: readonly string[] | undefined;
  readonly faultInjection: boolean;
  readonly storage: StorageSettings;
  readonly fault?: FaultKind;
  readonly stateMachinePath?: string | undefined;
}

/**
 * A node that is not started yet.
 *
 * @param onDeath called when it ends although nobody here ended it, with how it did
 */
export function nodeProcess(
  options: NodeProcessOptions,
  watchdog: Watchdog,
  onDeath: (why: string) => void,
): SupervisedProcess {
  const { id } = options;
  const process_: SupervisedProcess = new SupervisedProcess(
    {
      name: `node ${id}`,
      entry: builtProgram('node', import.meta.url),
      readyLine: /Node \d+ started on (https?:\/\/[\w.:[\]-]+)/,
      // At the same port each time: its address is known to others by then.
      environment: () => environmentOf(options, portOf(process_.lastUrl) ?? options.httpPort),
      onErrorOutput: (text) => void process.stderr.write(text),
    },
    {
      watchdog,
      onUnexpectedEnd: (_, lastLine, { code, signal }) =>
        onDeath(signal ?? (lastLine === '' ? `exit code ${code}` : lastLine)),
    },
  );
  return process_;
}

function environmentOf(options: NodeProcessOptions, httpPort: number): Record<string, string> {
  const { id, configPath, redisUrl, redisCaFile = '', faultInjection, storage } = options;
  const { fault, stateMachinePath } = options;
  return {
    NODE_ID: String(id),
    CCRO_CONFIG: configPath,
    // The file says it, which has the options.
    CODEC: '',
    REDIS_URL: redisUrl,
    REDIS_CA_FILE: redisCaFile,
    NODE_HTTP_PORT: String(httpPort),
    GATEWAY_URL: options.gatewayUrl,
    NODE_URLS: options.nodeUrls?.join() ?? '',
    FAULT_INJECTION: faultInjection ? 'on' : 'off',
    ...storageVariables(storage),
    ...(fault === undefined ? {} : { FAULT: fault }),
    ...(stateMachinePath === undefined ? {} : { STATE_MACHINE: stateMachinePath }),
    LOG_LEVEL: 'info',
  };
}

function storageVariables(storage: StorageSettings): Record<string, string> {
  if (storage.durability === 'memory') return {};
  return { DATA_DIR: storage.dataDirectory, DURABILITY: storage.durability };
}

function portOf(url: string | undefined): number | undefined {
  return url === undefined ? undefined : Number(new URL(url).port);
}
