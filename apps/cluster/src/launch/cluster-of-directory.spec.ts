import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { OptionError } from '@ccro/program';
import { checkOptions, type ClusterOptions } from '../options/cluster-options.js';
import { clusterCommand, typedOptions } from '../options/command-line.js';
import { clusterOf } from './cluster-of-directory.js';

function options(...argv: string[]): ClusterOptions {
  return checkOptions(typedOptions(clusterCommand(), argv), undefined);
}

async function freshDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'ccro-data-'));
  onTestFinished(() => rm(directory, { recursive: true }));
  return directory;
}

describe('which cluster npm start runs', () => {
  it('is another one each time when nothing is kept', async () => {
    const [first, second] = await Promise.all([clusterOf(options()), clusterOf(options())]);
    expect(first.cluster).not.toBe(second.cluster);
  });

  it('is the one of its data directory, in whatever mode', async () => {
    const directory = join(await freshDirectory(), 'deep', 'down');
    const first = await clusterOf(options('--data-dir', directory));
    expect(first.mode).toBe('ccro');
    expect(await clusterOf(options('--data-dir', directory))).toEqual(first);
    expect(await clusterOf(options('--data-dir', directory, '--mode', 'pbft'))).toEqual({
      ...first,
      mode: 'pbft',
    });
  });

  it.skipIf(process.platform !== 'linux')(
    'F8: says at once that its data directory cannot be made',
    async () => {
      const given = options('--data-dir', '/proc/x');
      await expect(clusterOf(given)).rejects.toThrow(
        /^--data-dir \/proc\/x cannot be used: ENOENT/,
      );
    },
  );

  it('keeps the size that it has', async () => {
    const directory = await freshDirectory();
    await clusterOf(options('--data-dir', directory, '--nodes', '7'));
    await expect(clusterOf(options('--data-dir', directory))).rejects.toThrow(
      new OptionError(
        'data-dir',
        directory,
        'its cluster has 7 nodes: --nodes 7, or another directory',
      ),
    );
  });

  it('keeps the signature scheme that it has', async () => {
    const directory = await freshDirectory();
    const first = await clusterOf(options('--data-dir', directory, '--signature', 'bls'));
    expect(first.signature).toBe('bls');
    expect(await clusterOf(options('--data-dir', directory))).toEqual(first);
    await expect(
      clusterOf(options('--data-dir', directory, '--signature', 'ed25519')),
    ).rejects.toThrow(
      `--signature ed25519 cannot be used: what ${directory} holds is signed with bls`,
    );
  });

  it('keeps the state machine and the clients that it has', async () => {
    const directory = await freshDirectory();
    const given = options('--data-dir', directory, '--client', 'alice');
    const first = await clusterOf(given, 'auction@1');
    expect(first.stateMachine).toBe('auction@1');
    expect(first.clients.map(({ id }) => id)).toEqual(['gateway', 'alice']);
    const again = options('--data-dir', directory);
    expect(await clusterOf(again, 'auction@1')).toEqual(first);
    await expect(clusterOf(again)).rejects.toThrow(`${directory} holds the state of auction@1`);
    await expect(
      clusterOf(options('--data-dir', directory, '--client', 'bob'), 'auction@1'),
    ).rejects.toThrow(/^--client bob cannot be used: the clients in .* are gateway, alice;/);
  });

  it('is none when the directory cannot be used', async () => {
    const directory = await freshDirectory();
    const file = join(directory, 'cluster.json');
    await writeFile(file, '{"cluster":');
    await expect(clusterOf(options('--data-dir', directory))).rejects.toThrow('is not JSON');
    await expect(clusterOf(options('--data-dir', file))).rejects.toThrow(
      `--data-dir ${file} cannot be used: ENOTDIR`,
    );
    expect(await readFile(file, 'utf8')).toBe('{"cluster":');
  });
});
