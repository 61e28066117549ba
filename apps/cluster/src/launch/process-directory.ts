import { formatClusterFile, type ClusterConfig, type StorageSettings } from '@ccro/cluster-config';
import { Watchdog } from '@ccro/process-cluster';
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
