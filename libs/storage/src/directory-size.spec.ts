import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { directorySize, SharedDirectorySize } from './directory-size.js';

describe('the size of a directory', () => {
  it('is that of all files below it, and 0 of one that is not there', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'ccro-size-'));
    onTestFinished(() => rm(directory, { recursive: true }));
    await mkdir(join(directory, 'below'));
    await writeFile(join(directory, 'a'), 'abc');
    await writeFile(join(directory, 'below', 'b'), 'abcde');
    expect(await directorySize(directory)).toBe(8);
    expect(await directorySize(join(directory, 'none'))).toBe(0);
  });

  it('I28: is looked at once for all who ask, and again after a while', async () => {
    let nowMs = 0;
    let looks = 0;
    let found: (bytes: number) => void = () => undefined;
    const size = new SharedDirectorySize(
      () => {
        looks += 1;
        return new Promise((resolve) => (found = resolve));
      },
      () => nowMs,
    );
    const first = Array.from({ length: 100 }, () => size.bytes());
    nowMs += 60_000;
    const meanwhile = size.bytes();
    expect(looks).toBe(1);
    found(8);
    expect(await Promise.all([...first, meanwhile])).toEqual(Array.from({ length: 101 }, () => 8));
    nowMs += 4_999;
    expect(await size.bytes()).toBe(8);
    expect(looks).toBe(1);
    nowMs += 1;
    const later = size.bytes();
    found(9);
    expect(await later).toBe(9);
    expect(looks).toBe(2);
  });
});
