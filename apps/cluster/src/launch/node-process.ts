/** A node in a process of its own, as `npm start -- --processes` runs them. */

import { formatClusterFile, type ClusterConfig, type StorageSettings } from '@ccro/cluster-config';
import type { FaultKind } from '@ccro/faults';
import { builtProgram } from '@ccro/program';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RunningNode } from './running-cluster.js';

const START_TIMEOUT_MS = 30_000;
const STOP_TIMEOUT_MS = 5_000;
const MAX_OUTPUT = 4_000;
const READY_LINE = /started on (https?:\/\/[\w.:[\]-]+)/;

/** A node process that did not come up, or ended. */
export class NodeProcessError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'NodeProcessError';
  }
}

export interface NodeProcessOptions {
  readonly id: number;
  readonly config: ClusterConfig;
  readonly redisUrl: string;
  readonly redisCaFile?: string | undefined;
  readonly httpPort: number;
  readonly host: string;
  readonly faultInjection: boolean;
  readonly storage: StorageSettings;
  readonly fault?: FaultKind;
  readonly stateMachinePath?: string | undefined;
}

/**
 * Starts a node and waits until it says where it listens.
 *
 * @param onDeath called when it ends before it was closed
 * @throws with the process's last words when it does not come up
 */
export async function startNodeProcess(
  options: NodeProcessOptions,
  onDeath: (error: Error) => void,
): Promise<RunningNode> {
  const {
    id,
    config,
    redisUrl,
    redisCaFile = '',
    httpPort,
    faultInjection,
    storage,
    fault,
  } = options;
  const { stateMachinePath } = options;
  const directory = await mkdtemp(join(tmpdir(), 'ccro-node-'));
  const configPath = join(directory, 'cluster.json');
  await writeFile(configPath, formatClusterFile(config));
  const child = spawn(process.execPath, [builtProgram('node', import.meta.url)], {
    env: {
      NODE_ID: String(id),
      CCRO_CONFIG: configPath,
      REDIS_URL: redisUrl,
      REDIS_CA_FILE: redisCaFile,
      NODE_HTTP_PORT: String(httpPort),
      FAULT_INJECTION: faultInjection ? 'on' : 'off',
      ...storageVariables(storage),
      ...(fault === undefined ? {} : { FAULT: fault }),
      ...(stateMachinePath === undefined ? {} : { STATE_MACHINE: stateMachinePath }),
      LOG_LEVEL: 'info',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let closing = false;
  child.once('exit', (code, signal) => {
    // Ctrl-C reaches every process of the terminal: a node that was told to end has not failed.
    const told = code === 0 || signal === 'SIGINT' || signal === 'SIGTERM';
    if (closing || told) return;
    onDeath(new NodeProcessError(`node ${id} ended (${signal ?? `exit code ${code}`})`));
  });
  const close = async (): Promise<void> => {
    closing = true;
    await stop(child);
    await rm(directory, { recursive: true, force: true });
  };
  try {
    return { id, url: await readyUrl(child, id), close };
  } catch (error) {
    await close();
    throw error;
  }
}

function storageVariables(storage: StorageSettings): Record<string, string> {
  if (storage.durability === 'memory') return {};
  return { DATA_DIR: storage.dataDirectory, DURABILITY: storage.durability };
}

/** Waits for the line that says where the node listens; from then on its complaints are passed on. */
function readyUrl(child: ChildProcess, id: number): Promise<string> {
  return new Promise((resolve, reject) => {
    let output = '';
    let complaints = '';
    const fail = (why: string): void => {
      clearTimeout(timer);
      reject(new NodeProcessError(`node ${id} did not start: ${why}`));
    };
    const timer = setTimeout(() => fail(`it took over ${START_TIMEOUT_MS} ms`), START_TIMEOUT_MS);
    child.stderr?.on('data', (chunk: Buffer) => {
      complaints = (complaints + chunk.toString()).slice(-MAX_OUTPUT);
    });
    child.stdout?.on('data', (chunk: Buffer) => {
      output = (output + chunk.toString()).slice(-MAX_OUTPUT);
      const url = READY_LINE.exec(output)?.[1];
      if (url === undefined) return;
      clearTimeout(timer);
      child.stdout?.removeAllListeners('data').resume();
      child.stderr?.removeAllListeners('data').pipe(process.stderr, { end: false });
      resolve(url);
    });
    child.once('exit', (code) => fail(lastLine(complaints) ?? `exit code ${code}`));
  });
}

/** The last thing it said: programs here end with one line that explains why. */
function lastLine(text: string): string | undefined {
  return (
    text
      .trimEnd()
      .split('\n')
      .at(-1)
      ?.replace(/^node: /, '') || undefined
  );
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
  await exited;
  clearTimeout(timer);
}
