import type { Clock } from '@ccro/clock';
import type { ExecutedSlot, Signature } from '@ccro/consensus';
import type { SealedMessage } from '@ccro/crypto';
import { describe, expect, it } from 'vitest';
import { MAX_REPORT_BYTES, readReport, REPORT_LIMITS, type NodeReport } from './node-report.js';
import { NodeReporter } from './node-reporter.js';

const DIGEST = 'ab'.repeat(32);
const STATE = {
  ...{ view: 0, primary: 0, collector: 2, lastExecuted: 0, fault: null },
  counters: { received: 0, rejected: 0, unsent: 0, badVotes: 0, fast: 0, slow: 0, caughtUp: 0 },
};

/** Time that passes when it is told to. */
class HandClock implements Clock {
  private nowMs = 0;
  private timers: { atMs: number; callback: () => void }[] = [];

  now(): number {
    return this.nowMs;
  }

  schedule(afterMs: number, callback: () => void): () => void {
    const timer = { atMs: this.nowMs + afterMs, callback };
    this.timers.push(timer);
    return () => void (this.timers = this.timers.filter((each) => each !== timer));
  }

  /** Fires what falls due, and lets promises settle after each. */
  async pass(ms: number): Promise<void> {
    const endMs = this.nowMs + ms;
    for (;;) {
      const next = this.timers.filter(({ atMs }) => atMs <= endMs).sort(earliest)[0];
      if (next === undefined) break;
      this.timers = this.timers.filter((each) => each !== next);
      this.nowMs = next.atMs;
      next.callback();
      await new Promise((resolve) => setImmediate(resolve));
    }
    this.nowMs = endMs;
  }
}

function earliest(a: { atMs: number }, b: { atMs: number }): number {
  return a.atMs - b.atMs;
}

function vote(sequence: number): SealedMessage {
  const signature: Signature = 'signature';
  const slot = { phase: 'prepare', view: 0, sequence, digest: DIGEST } as const;
  return { kind: 'vote', ...slot, replica: 1, signature, attempt: 0 };
}

function executed(sequence: number): ExecutedSlot {
  return {
    ...{ sequence, view: 0, digest: DIGEST, requests: 1, collector: 2 },
    ...{ tally: { correct: 3, corrupt: 0 }, durationMs: 1.5, fellBack: false, fast: true },
  };
}

/** A started reporter with `listeners.count` who hear it. */
function started(n = 4) {
  const clock = new HandClock();
  const reports: NodeReport[] = [];
  const sizes: number[] = [];
  const listeners = { count: 0, away: false };
  let states = 0;
  const reporter = new NodeReporter({
    ...{ self: 1, n, clock },
    publish: (payload) => {
      if (listeners.away) return Promise.reject(new Error('the broker is away'));
      sizes.push(payload.byteLength);
      const report = readReport(payload, n);
      if (report === undefined) throw new Error('the gateway would not read it');
      reports.push(report);
      return Promise.resolve(listeners.count);
    },
    state: () => {
      states += 1;
      return STATE;
    },
  });
  reporter.start();
  return { clock, reports, sizes, listeners, reporter, statesAsked: () => states };
}

describe('a reporter nobody hears', () => {
  it('publishes one summary a second and notes nothing', async () => {
    const { clock, reports, reporter, statesAsked } = started();
    for (let sequence = 1; sequence <= 50; sequence += 1) {
      reporter.onSent({ kind: 'all' }, vote(sequence));
      reporter.onExecuted(executed(sequence));
      await clock.pass(100);
    }
    expect(reports).toHaveLength(5);
    expect(statesAsked()).toBe(5);
    expect(reports.flatMap(({ messages, decisions }) => [...messages, ...decisions])).toEqual([]);
  });

  it('falls silent within a second when the last listener has gone', async () => {
    const { clock, reports, listeners, reporter } = started();
    listeners.count = 1;
    await clock.pass(1_000);
    expect(reporter.heard).toBe(true);
    listeners.count = 0;
    await clock.pass(1_100);
    expect(reporter.heard).toBe(false);
    reports.length = 0;
    reporter.onSent({ kind: 'all' }, vote(1));
    await clock.pass(1_000);
    expect(reports.map(({ messages }) => messages)).toEqual([[]]);
  });

  it('goes on when the broker was away', async () => {
    const { clock, reports, listeners, reporter } = started();
    listeners.away = true;
    await clock.pass(3_000);
    listeners.away = false;
    listeners.count = 1;
    await clock.pass(1_000);
    expect(reports).toHaveLength(1);
    expect(reporter.heard).toBe(true);
  });

  it('publishes nothing once it is stopped', async () => {
    const { clock, reports, reporter } = started();
    reporter.stop();
    await clock.pass(5_000);
    expect(reports).toEqual([]);
  });
});

describe('a reporter somebody hears', () => {
  async function heard(n = 4) {
    const parts = started(n);
    parts.listeners.count = 1;
    await parts.clock.pass(1_000);
    parts.reports.length = 0;
    return parts;
  }

  it('tells messages with the time since the first of their slot, and decisions', async () => {
    const { clock, reports, reporter } = await heard();
    reporter.onSent({ kind: 'all' }, vote(7));
    await clock.pass(20);
    reporter.onSent({ kind: 'replica', id: 2 }, vote(7));
    reporter.onExecuted(executed(7));
    await clock.pass(100);
    expect(reports).toHaveLength(1);
    const [report] = reports;
    const slot = { kind: 'vote', phase: 'prepare', view: 0, sequence: 7, digest: 'abababababab' };
    expect(report?.messages).toEqual([
      { ...slot, to: 'all', afterMs: 0 },
      { ...slot, to: 2, afterMs: 20 },
    ]);
    expect(report?.decisions).toMatchObject([{ sequence: 7, fast: true, durationMs: 1.5 }]);
  });

  it('publishes ten times a second at the most, less often in a large cluster', async () => {
    for (const [n, most] of [
      [4, 10],
      [64, 3],
    ] as const) {
      const { clock, reports, reporter } = await heard(n);
      for (let sequence = 1; sequence <= 1_000; sequence += 1) {
        reporter.onSent({ kind: 'all' }, vote(sequence));
        reporter.onExecuted(executed(sequence));
        await clock.pass(1);
      }
      expect(reports.length).toBeGreaterThan(most - 2);
      expect(reports.length).toBeLessThanOrEqual(most);
    }
  });

  it('leaves out what does not fit, and says how much', async () => {
    const { clock, reports, sizes, reporter } = await heard();
    for (let count = 0; count < 1_000; count += 1) {
      reporter.onSent({ kind: 'replica', id: 3 }, vote(8_192));
      reporter.onEvidence({
        kind: 'collector-failed',
        accused: 2,
        view: 1e9,
        sequence: 1e9,
        phase: 'prepare',
      });
    }
    for (let count = 0; count < 100; count += 1) {
      reporter.onExecuted(executed(8_192));
      reporter.onProgress({ kind: 'left-view', view: 1e9, why: 'view-did-not-begin' });
    }
    await clock.pass(100);
    const [report] = reports;
    expect(report?.messages).toHaveLength(REPORT_LIMITS.messages);
    expect(report?.evidence).toHaveLength(REPORT_LIMITS.evidence);
    const limits = Object.values(REPORT_LIMITS).reduce((sum, limit) => sum + limit, 0);
    expect(report?.omitted).toBe(2_200 - limits);
    expect(Math.max(...sizes)).toBeLessThan(MAX_REPORT_BYTES);
  });
});

describe('reading a report', () => {
  it('refuses what is none, is too long, or is of no member', async () => {
    const { clock, reports } = started();
    await clock.pass(1_000);
    const encoded = (value: unknown): Uint8Array => Buffer.from(JSON.stringify(value));
    const [report] = reports;
    expect(readReport(encoded(report), 4)).toEqual(report);
    expect(readReport(encoded({ ...report, node: 4 }), 4)).toBeUndefined();
    expect(readReport(encoded({ ...report, node: '<b>' }), 4)).toBeUndefined();
    expect(readReport(encoded({ ...report, padding: 'x'.repeat(MAX_REPORT_BYTES) }), 4)).toBe(
      undefined,
    );
    const evil = { accused: 1, kind: '<script>', view: null, sequence: null };
    expect(readReport(encoded({ ...report, evidence: [evil] }), 4)).toBeUndefined();
    expect(readReport(Buffer.from('{"kind":"telemetry"'), 4)).toBeUndefined();
  });
});
