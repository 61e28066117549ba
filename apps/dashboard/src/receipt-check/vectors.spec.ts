/** The receipts in examples/receipts, checked with what the browser has in the place of Node's. */

import { clusterKeys, parseClusterConfig } from '@ccro/cluster-config';
import { ReceiptVerifier } from '@ccro/receipt';
import { readFileSync } from 'node:fs';
import { describe, expect, it, vi } from 'vitest';

vi.mock('sodium-native', () => import('../platform/sodium-native.js'));
vi.mock('@chainsafe/blst', () => import('../platform/blst.js'));
vi.mock('node:crypto', () => import('../platform/node-crypto.js'));

interface Vector {
  readonly receipt: string;
  readonly cluster: string;
  readonly expected: string;
}

function example(name: string): Buffer {
  return readFileSync(new URL(`../../../../examples/receipts/${name}`, import.meta.url));
}

const VECTORS = JSON.parse(example('vectors.json').toString()) as readonly Vector[];

describe('receipts, by the stand-ins', () => {
  it.each(VECTORS)('$receipt: $expected', ({ receipt, cluster, expected }) => {
    const keys = clusterKeys(parseClusterConfig(JSON.parse(example(cluster).toString())));
    const verdict = new ReceiptVerifier(keys).verify(example(receipt));
    expect(verdict.holds ? 'holds' : verdict.code).toBe(expected);
  });
});
