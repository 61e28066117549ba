import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { damageStore } from './damage-store.js';

async function storeWith(files: Readonly<Record<string, Buffer>>): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'ccro-damage-'));
  onTestFinished(() => rm(directory, { recursive: true }));
  await mkdir(join(directory, 'below'));
  for (const [name, content] of Object.entries(files)) {
    await writeFile(join(directory, name), content);
  }
  return directory;
}

it('flips bytes all over the data files, the same for the same seed, and nothing else', async () => {
  const content = Buffer.alloc(1_000, 7);
  const files = { '000003.log': content, 'below/000005.ldb': content, CURRENT: content };
  const directory = await storeWith(files);
  const found = await damageStore(directory, 'seed');
  expect(found).toMatchObject({ files: 2 });
  expect(found.bytes).toBeGreaterThan(15);
  const damaged = await readFile(join(directory, '000003.log'));
  const flipped = [...damaged].flatMap((byte, index) => (byte === 7 ? [] : [index]));
  expect(damaged).toHaveLength(1_000);
  expect(flipped.length).toBeGreaterThan(8);
  expect(flipped.slice(1).map((at, index) => at - (flipped[index] ?? 0))).toEqual(
    flipped.slice(1).map(() => 97),
  );
  expect(await readFile(join(directory, 'CURRENT'))).toEqual(content);

  const again = await storeWith(files);
  await damageStore(again, 'seed');
  expect(await readFile(join(again, '000003.log'))).toEqual(damaged);
});
