/** The receipts in examples/receipts, checked with the browser's side of the primitives. */

import { clusterKeys, parseClusterConfig } from '@ccro/cluster-config';
import { ReceiptVerifier } from '@ccro/receipt';
import { readFileSync } from 'node:fs';
import { describe, expect, it, vi } from 'vitest';

vi.mock('@ccro/primitives', () => import('../../../../libs/primitives/src/browser.js'));

interface Vector {
  readonly receipt: string;
  readonly cluster: string;
  readonly expected: string;
}

function example(name: string): Buffer {
  return readFileSync(new URL(`../../../../examples/receipts/${name}`, import.meta.url));
}

const VECTORS = JSON.parse(example('vectors.json').toString()) as readonly Vector[];

describe('receipts, as a browser checks them', () => {
  it.each(VECTORS)('$receipt: $expected', ({ receipt, cluster, expected }) => {
    const keys = clusterKeys(parseClusterConfig(JSON.parse(example(cluster).toString())));
    const verdict = new ReceiptVerifier(keys).verify(example(receipt));
    expect(verdict.holds ? 'holds' : verdict.code).toBe(expected);
  });
});
