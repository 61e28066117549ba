import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { logsIn } from './process-cluster.js';
import { Workspace, writeFiles } from './workspace.js';

async function workspaceWithLogs(): Promise<Workspace> {
  const workspace = await Workspace.create('workspace-spec', false);
  onTestFinished(async () => void (await workspace.clear(false)));
  await mkdir(logsIn(workspace.directory));
  await writeFile(join(logsIn(workspace.directory), 'node-0.log'), 'log');
  return workspace;
}

it('F9, sibling: one file of a run that cannot be written does not lose the others', async () => {
  const { directory } = await workspaceWithLogs();
  const out = join(directory, 'out');
  await mkdir(join(out, 'b.json'), { recursive: true });
  const files = { 'a.json': 'a', 'b.json': 'b', 'c.json': 'c' };
  await expect(writeFiles(out, files)).rejects.toThrow(/b\.json: it is a directory/);
  for (const name of ['a', 'c'])
    expect(await readFile(join(out, `${name}.json`), 'utf8')).toBe(name);
});

it('F9, sibling: logs that cannot be saved stay where they are', async () => {
  const workspace = await workspaceWithLogs();
  const out = join(workspace.directory, 'file');
  await writeFile(out, '');
  const where = await workspace.leave(true, out);
  expect(where).toBe(workspace.directory);
  expect(await readdir(logsIn(workspace.directory))).toEqual(['node-0.log']);
});

it('saves logs of what failed alone', async () => {
  const failed = await workspaceWithLogs();
  const kept = await Workspace.create('workspace-spec', false);
  onTestFinished(async () => void (await kept.clear(false)));
  expect(await failed.leave(true, kept.directory)).toBe(kept.directory);
  expect(await readdir(logsIn(kept.directory))).toEqual(['node-0.log']);
  expect(existsSync(failed.directory)).toBe(false);
  const passed = await workspaceWithLogs();
  expect(await passed.leave(false, undefined)).toBeUndefined();
});
