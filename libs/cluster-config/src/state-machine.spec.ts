import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { formatClusterFile, parseClusterConfig } from './cluster-config.js';
import { developmentCluster } from './development.js';
import { loadStateMachine, requireStateMachine } from './state-machine.js';

const definition = { name: 'auction', version: '1', operations: { bid: () => null } };

describe('loadStateMachine', () => {
  let directory = '';
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'ccro-state-machine-'));
  });
  afterAll(() => rm(directory, { recursive: true }));

  async function file(name: string, text: string): Promise<string> {
    const path = join(directory, name);
    await writeFile(path, text);
    return path;
  }

  it('gives what the module exports by default', async () => {
    const text =
      "export default { name: 'auction', version: '1', operations: { bid: () => null } };";
    const path = await file('auction.mjs', text);
    expect(await loadStateMachine(path)).toMatchObject({ name: 'auction', version: '1' });
  });

  it('says what is wrong with the setting, and what is allowed', async () => {
    const none = join(directory, 'none.mjs');
    await expect(loadStateMachine(none)).rejects.toThrow(
      /^STATE_MACHINE is .*none\.mjs.*cannot be loaded .*; allowed: a JavaScript module/,
    );
    const broken = await file('broken.mjs', 'export default {');
    await expect(loadStateMachine(broken)).rejects.toThrow(/cannot be loaded/);
    const other = await file('other.mjs', "export const name = 'x';");
    await expect(loadStateMachine(other, '--state-machine')).rejects.toThrow(
      /^--state-machine is .*default export is no state machine: it is no object; allowed/,
    );
  });
});

describe('requireStateMachine', () => {
  it('lets a node start with what its cluster runs', () => {
    requireStateMachine(undefined, undefined);
    requireStateMachine('auction@1', definition);
  });

  it.each([
    ['auction@1', undefined, 'is missing; allowed: the module of auction@1'],
    ['auction@2', definition, 'is "auction@1"; allowed: auction@2'],
    [undefined, definition, 'add "stateMachine": "auction@1"'],
  ])('refuses others: %s', (expected, given, message) => {
    expect(() => requireStateMachine(expected, given)).toThrow(message);
  });
});

describe('the cluster file', () => {
  it('names the state machine', () => {
    const config = developmentCluster({ nodes: 1, mode: 'ccro', stateMachine: 'auction@1' });
    const read = parseClusterConfig(JSON.parse(formatClusterFile(config)));
    expect(read.stateMachine).toBe('auction@1');
    expect(() => developmentCluster({ nodes: 1, mode: 'ccro', stateMachine: 'auction' })).toThrow(
      'stateMachine is "auction"; allowed: the name and version',
    );
  });
});
