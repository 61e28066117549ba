import { describe, expect, it } from 'vitest';
import type { Request } from '../messages/index.js';
import { clusterSize } from '../model/config.js';
import { CertificateDelay } from './certificate-delay.js';
import { ClientTable } from './client-table.js';
import { Recovery } from './recovery.js';
import { RequestPool } from './request-pool.js';
import { SlotWindow } from './slot-window.js';

function request(client: string, timestamp: number): Request {
  const digest = `${client}-${timestamp}`;
  return { kind: 'request', client, timestamp, operation: 'x'.repeat(10), digest, signature: '' };
}

describe('slot window', () => {
  it('is bounded and follows execution', () => {
    const window = new SlotWindow(256, 4);
    expect(window.contains(0)).toBe(false);
    expect(window.contains(256)).toBe(true);
    expect(window.contains(257)).toBe(false);
    for (let sequence = 1; sequence <= 256; sequence += 1) window.open(sequence);
    window.advance(128);
    expect(window.lowWatermark).toBe(128);
    expect(window.highWatermark).toBe(384);
    expect(window.get(96)).toBeUndefined();
    expect([...window.values()]).toHaveLength(160);
    window.advance(100);
    expect(window.lowWatermark).toBe(128);
  });

  it('makes a slot once and counts those in memory', () => {
    const window = new SlotWindow(256, 4);
    expect(window.count).toBe(0);
    expect(window.open(1)).toBe(window.open(1));
    window.open(2);
    expect(window.count).toBe(2);
  });
});

describe('client table', () => {
  const result = (timestamp: number) => ({
    timestamp,
    request: `r${timestamp}`,
    sequence: 1,
    batch: 'b',
    result: '1',
  });

  it('remembers what executed and refuses to record it again', () => {
    const table = new ClientTable(4);
    expect(table.lookup('a', 7)).toEqual({ kind: 'new' });
    table.record('a', result(7));
    expect(table.lookup('a', 7)).toEqual({ kind: 'executed', result: result(7) });
    expect(table.lookup('b', 7)).toEqual({ kind: 'new' });
    expect(() => table.record('a', result(7))).toThrow(/integrity/);
  });

  it('keeps the newest W, in whatever order they executed, and refuses what lies below', () => {
    const table = new ClientTable(3);
    for (const timestamp of [50, 10, 40, 20, 30]) table.record('a', result(timestamp));
    expect(table.lookup('a', 10)).toEqual({ kind: 'stale' });
    expect(table.lookup('a', 15)).toEqual({ kind: 'stale' });
    expect(table.lookup('a', 25)).toEqual({ kind: 'new' });
    expect(table.lookup('a', 30).kind).toBe('executed');
  });
});

describe('request pool', () => {
  it('bounds what one client and all clients hold', () => {
    const pool = new RequestPool(2, 3);
    expect(pool.add(request('a', 1), true)).toBe('added');
    expect(pool.add(request('a', 1), true)).toBe('known');
    expect(pool.add(request('a', 2), true)).toBe('added');
    expect(pool.add(request('a', 3), true)).toBe('client-window-full');
    expect(pool.add(request('b', 1), true)).toBe('added');
    // Who holds the most makes room; when nobody holds more, there is none.
    expect(pool.add(request('c', 1), true)).toBe('added');
    expect([pool.get('a-1'), pool.get('a-2')].map((held) => held !== undefined)).toEqual([
      true,
      false,
    ]);
    expect(pool.add(request('d', 1), true)).toBe('request-pool-full');
    expect(pool.size).toBe(3);
    pool.remove('a', 1);
    expect(pool.add(request('d', 1), true)).toBe('added');
  });

  it('hands out the oldest within both limits and inlines what only it has', () => {
    const pool = new RequestPool(10, 10);
    pool.add(request('a', 1), false);
    pool.add(request('a', 2), true);
    pool.add(request('a', 3), true);
    expect(pool.next(2, 1000).map(({ inline }) => inline)).toEqual([true, false]);
    expect(pool.next(10, 25)).toHaveLength(2);
    expect(pool.next(10, 1)).toHaveLength(1);
    pool.add(request('a', 1), true);
    expect(pool.next(1, 1000)[0]?.inline).toBe(false);
    pool.markProposed('a-1');
    expect(pool.next(1, 1000)[0]?.request.timestamp).toBe(2);
    expect(pool.get('a-1')).toBeDefined();
  });
});

describe('certificate delay', () => {
  it('starts careful, follows what it measures, stays in bounds and doubles', () => {
    const delay = new CertificateDelay(300, { min: 20, max: 2000 });
    expect(delay.timeoutMs(0)).toBe(300);
    for (let sample = 0; sample < 50; sample += 1) delay.observe(4);
    expect(delay.timeoutMs(0)).toBe(20);
    expect(delay.timeoutMs(2)).toBe(80);
    for (let sample = 0; sample < 200; sample += 1) delay.observe(500);
    // However little it varies, one that takes twice as long is no failure.
    expect(delay.timeoutMs(0)).toBeGreaterThan(1_499);
    expect(delay.timeoutMs(0)).toBeLessThan(1_600);
    expect(delay.timeoutMs(9)).toBe(2000);
  });

  it('expects the first ones to vary by half of what they take', () => {
    const delay = new CertificateDelay(300, { min: 20, max: 2000 });
    expect(delay.usualMs).toBeUndefined();
    delay.observe(400);
    expect(delay.usualMs).toBe(400);
    expect(delay.timeoutMs(0)).toBe(1200);
  });

  it('takes the fourth late one in a row for the rule', () => {
    const delay = new CertificateDelay(300, { min: 20, max: 2000 });
    for (let late = 0; late < 3; late += 1) delay.observe(500, true);
    expect(delay.usualMs).toBeUndefined();
    delay.observe(500, true);
    expect(delay.usualMs).toBe(500);
  });

  it('learns from late ones when there are several in a row, and not from one now and then', () => {
    const delay = new CertificateDelay(300, { min: 20, max: 2000 });
    for (let sample = 0; sample < 50; sample += 1) delay.observe(4);
    for (let round = 0; round < 10; round += 1) {
      for (let late = 0; late < 3; late += 1) delay.observe(500, true);
      expect(delay.timeoutMs(0)).toBe(20);
      delay.observe(4);
    }
    for (let late = 0; late < 20; late += 1) delay.observe(500, true);
    expect(delay.timeoutMs(0)).toBeGreaterThan(500);
  });
});

describe('recovery', () => {
  it('starts without a word said or heard', () => {
    const recovery = new Recovery(clusterSize(4));
    expect(recovery.callingForHelp).toBe(false);
    // No position counts as told before the first status.
    expect(recovery.executedAtLastStatus).toBeLessThan(0);
    expect([recovery.provenProgress, recovery.provenView]).toEqual([0, 0]);
  });

  it('a primary may propose at once when its view began on the word of a quorum', () => {
    const recovery = new Recovery(clusterSize(4));
    expect(recovery.couldPropose(0)).toBe(false);
    recovery.settle();
    expect(recovery.couldPropose(0)).toBe(true);
  });

  it('believes in a view that f + 1 others have reached, and in no word taken back', () => {
    const recovery = new Recovery(clusterSize(4));
    recovery.heard(1, 0, 2);
    expect(recovery.provenView).toBe(0);
    recovery.heard(2, 0, 9);
    expect(recovery.provenView).toBe(2);
    recovery.heard(3, 0, 5);
    expect(recovery.provenView).toBe(5);
    recovery.heard(2, 0, 1);
    expect(recovery.provenView).toBe(5);
  });

  it('a primary proposes once a quorum has spoken and it is level with one honest replica', () => {
    const recovery = new Recovery(clusterSize(4));
    recovery.heard(1, 5, 0);
    expect(recovery.mayPropose(0)).toBe(false);
    recovery.heard(2, 1_000_000, 0);
    expect(recovery.provenProgress).toBe(5);
    expect(recovery.mayPropose(4)).toBe(false);
    expect(recovery.mayPropose(5)).toBe(true);
    recovery.heard(3, 9, 0);
    expect(recovery.mayPropose(5)).toBe(true);
  });

  it('one faulty replica cannot make others believe they lag', () => {
    const recovery = new Recovery(clusterSize(4));
    recovery.heard(3, Number.MAX_SAFE_INTEGER, 0);
    expect(recovery.provenProgress).toBe(0);
  });
});
