import { Worker } from 'node:worker_threads';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { addApiKeys, loadApiKeys, parseApiKeyPlan } from './api-keys.js';
import { changing } from './changed-file.js';

let directory: string;
let path: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'ccro-changed-'));
  path = join(directory, 'api-keys.json');
});
afterEach(() => rmSync(directory, { recursive: true }));

describe('a file of API keys that is changed', () => {
  it('D9: stays where it is when it is named by a link', () => {
    mkdirSync(join(directory, 'safe'));
    const file = join(directory, 'safe', 'keys.json');
    symlinkSync(join('safe', 'keys.json'), path);
    addApiKeys(path, [parseApiKeyPlan('ops:admin')]);
    addApiKeys(path, [parseApiKeyPlan('shop:submit')]);
    expect(lstatSync(path).isSymbolicLink()).toBe(true);
    expect(loadApiKeys(file)).toHaveLength(2);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readdirSync(join(directory, 'safe'))).toEqual(['keys.json']);
  });

  it('D9, sibling: is changed by one process at a time, and waited for', async () => {
    writeFileSync(`${path}.lock`, '');
    const source = `
      const { rmSync } = require('node:fs');
      const { workerData, parentPort } = require('node:worker_threads');
      parentPort.on('message', () => { rmSync(workerData); parentPort.close(); });`;
    const other = new Worker(source, { eval: true, workerData: `${path}.lock` });
    onTestFinished(async () => void (await other.terminate()));
    other.postMessage('end');
    addApiKeys(path, [parseApiKeyPlan('ops:admin')]);
    expect(loadApiKeys(path)).toHaveLength(1);
    expect(readdirSync(directory)).toEqual(['api-keys.json']);
  });

  it('D9, sibling: is left alone, with a line that says what to do, while another changes it', () => {
    const change = () => changing(path, () => addApiKeys(path, [parseApiKeyPlan('ops:admin')]));
    expect(change).toThrow(/is being changed by another process, whose lock is there; allowed: /);
    expect(existsSync(path)).toBe(false);
    expect(readdirSync(directory)).toEqual([]);
  });
});
