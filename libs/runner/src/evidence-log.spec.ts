import type { Evidence, PrePrepare, Request } from '@ccro/consensus';
import { describe, expect, it } from 'vitest';
import { EvidenceLog, MAX_STATEMENT_BYTES } from './evidence-log.js';

const DIGEST = 'ab'.repeat(32);

function proposal(accused: number, requests: number): PrePrepare {
  const request = { kind: 'request', operation: 'x'.repeat(1000) } as unknown as Request;
  return {
    kind: 'pre-prepare',
    view: 0,
    sequence: 1,
    digest: DIGEST,
    requests: Array.from({ length: requests }, () => DIGEST),
    bodies: Array.from({ length: requests }, () => request),
    collector: undefined,
    replica: accused,
    signature: 's'.repeat(86),
  } as unknown as PrePrepare;
}

function proposals(accused: number, requests: number): Evidence {
  const pair = [proposal(accused, requests), proposal(accused, requests)] as const;
  return { kind: 'conflicting-proposals', accused, proposals: pair };
}

describe('the evidence log', () => {
  it('I16: keeps no bodies of requests, which no signature covers', () => {
    const log = new EvidenceLog();
    log.add(proposals(1, 100));
    const [entry] = log.entries();
    expect(JSON.stringify(entry).length).toBeLessThan(2 * 100 * 70 + 1024);
    expect(entry).toMatchObject({ accused: 1, latest: { proposals: [{ bodies: [] }, {}] } });
  });

  it('I16: keeps the newest statements up to a number of bytes, and counts all', () => {
    const log = new EvidenceLog();
    for (let accused = 0; accused < 20; accused += 1) {
      for (let time = 0; time < 3; time += 1) log.add(proposals(accused, 1024));
    }
    const entries = log.entries();
    expect(entries.map(({ count }) => count)).toEqual(Array.from({ length: 20 }, () => 3));
    const kept = entries.filter(({ latest }) => latest !== undefined).map(({ accused }) => accused);
    expect(kept).toEqual([17, 18, 19]);
    expect(JSON.stringify(entries).length).toBeLessThan(MAX_STATEMENT_BYTES);
  });

  it('I16: has room again for what comes later', () => {
    const log = new EvidenceLog();
    for (let round = 0; round < 50; round += 1) log.add(proposals(round % 2, 1024));
    log.add({ kind: 'collector-failed', accused: 5, view: 0, sequence: 1, phase: 'prepare' });
    expect(log.entries().every(({ latest }) => latest !== undefined)).toBe(true);
  });
});
