import { loadClusterConfig, clusterKeys } from '@ccro/cluster-config';
import { ReceiptVerifier, type Proven, type Verdict } from '@ccro/receipt';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { verdictJson, verdictText } from './verdict-text.js';

const example = (name: string): string =>
  fileURLToPath(new URL(`../../../../examples/receipts/${name}.json`, import.meta.url));

const config = loadClusterConfig(example('cluster-pbft-ed25519'));

function verdictOf(name: string): Verdict {
  return new ReceiptVerifier(clusterKeys(config)).verify(readFileSync(example(name)));
}

function proven(): Proven {
  const verdict = verdictOf('valid-pbft-ed25519-commit-single');
  if (!verdict.holds) throw new Error(verdict.reason);
  return verdict;
}

describe('the verdict', () => {
  it('says who, what, when, with what result and on whose word', () => {
    const text = verdictText(proven(), config);
    expect(text).toMatch(/^The receipt holds\.\n/);
    for (const line of [
      /Cluster +example: 4 nodes, ed25519/,
      /Who +client gateway/,
      /What +\{"type":"append","data":"grün .*\}/,
      /Request +gateway-1700000000000002, digest [0-9a-f]{64}/,
      /When +sequence 7, place 3 of 5/,
      /Result +\{"index":3,"text":"grün"\}/,
      /Decided by +nodes 0, 1, 2 in the commit phase of view 1; 3 needed/,
      /Result signed by +nodes 1, 2; 2 needed/,
    ]) {
      expect(text).toMatch(line);
    }
  });

  it('is there as JSON', () => {
    expect(JSON.parse(verdictJson(proven()))).toMatchObject({
      holds: true,
      request: { client: 'gateway', timestamp: 1_700_000_000_000_002 },
      order: { sequence: 7, place: 3, of: 5 },
      result: '{"index":3,"text":"grün"}',
      decidedBy: { phase: 'commit', nodes: [0, 1, 2], needed: 3 },
      resultSignedBy: { nodes: [1, 2], needed: 2 },
    });
  });

  it('says why a receipt does not hold', () => {
    const verdict = verdictOf('broken-too-few-replies');
    const reason = 'Fewer than f + 1 nodes signed the result: 1 of 2 needed.';
    expect(verdictText(verdict, config)).toBe(
      `The receipt does not hold (too-few-replies).\n${reason}\n`,
    );
    expect(JSON.parse(verdictJson(verdict))).toEqual({
      holds: false,
      code: 'too-few-replies',
      reason,
    });
  });

  it('shows nothing that would move the cursor, and no endless texts', () => {
    const verdict = proven();
    const request = { ...verdict.receipt.request, operation: `\u001b[2J\u202e${'x'.repeat(5000)}` };
    const text = verdictText({ ...verdict, receipt: { ...verdict.receipt, request } }, config);
    expect(text).toContain('What              \\u{1b}[2J\\u{202e}xxx');
    expect(text).toContain('(5005 characters; --json has all)');
    expect(text.length).toBeLessThan(2000);
  });
});
