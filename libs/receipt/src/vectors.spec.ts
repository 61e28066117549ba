/**
 * `examples/receipts`: written by this spec when it runs with `-u`
 * (`npx vitest run --project unit libs/receipt -u`), and otherwise compared with what is there.
 */
import { clusterKeys, loadClusterConfig } from '@ccro/cluster-config';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { ReceiptVerifier } from './receipt-verifier.js';
import { REFUSAL_CODES } from './refusal.js';
import { vectorFiles, type Vector } from './vectors.testkit.js';

const DIRECTORY = fileURLToPath(new URL('../../../examples/receipts', import.meta.url));

describe('examples/receipts', () => {
  it('is what the development keys make, and nothing else', async () => {
    const files = vectorFiles();
    for (const [name, text] of files) {
      await expect(text).toMatchFileSnapshot(join(DIRECTORY, name));
    }
    expect((await readdir(DIRECTORY)).sort()).toEqual([...files.keys()].sort());
  });

  it('holds, or is broken for the reason that it says', async () => {
    const list = await readFile(join(DIRECTORY, 'vectors.json'), 'utf8');
    const vectors = JSON.parse(list) as readonly Vector[];
    for (const { receipt, cluster, expected } of vectors) {
      const config = loadClusterConfig(join(DIRECTORY, cluster));
      const verifier = new ReceiptVerifier(clusterKeys(config));
      const verdict = verifier.verify(await readFile(join(DIRECTORY, receipt)));
      expect([receipt, verdict.holds ? 'holds' : verdict.code]).toEqual([receipt, expected]);
    }
    const reasons = new Set(vectors.map(({ expected }) => expected));
    // Nobody wants four megabytes among the examples.
    expect(REFUSAL_CODES.filter((code) => !reasons.has(code))).toEqual(['too-large']);
  });
});
