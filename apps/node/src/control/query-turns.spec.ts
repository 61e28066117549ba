import { describe, expect, it } from 'vitest';
import { QueryBudget, type QueryCost, type QueryKind } from './query-budget.js';
import { QueryTurns } from './query-turns.js';

/** Queries that are answered when the test says so. */
class Scene {
  nowMs = 0;
  readonly timers: { readonly atMs: number; readonly run: () => void }[] = [];
  readonly budget = new QueryBudget(() => this.nowMs);
  readonly turns = new QueryTurns(
    {
      now: () => this.nowMs,
      schedule: (afterMs, run) => {
        const timer = { atMs: this.nowMs + afterMs, run };
        this.timers.push(timer);
        return () => {
          const at = this.timers.indexOf(timer);
          if (at >= 0) this.timers.splice(at, 1);
        };
      },
    },
    this.budget,
  );
  readonly begun: string[] = [];
  /** Those whose turn never came. */
  readonly dropped: string[] = [];
  private readonly ends: (() => void)[] = [];

  ask(
    client: string,
    name: string,
    kind: QueryKind = 'record',
    cost: Partial<QueryCost> = {},
  ): void {
    const answered = this.turns.take(client, kind, () => {
      this.begun.push(name);
      const whole = { ms: 0, bytes: 0, ...cost };
      return new Promise((resolve) => this.ends.push(() => resolve(whole)));
    });
    void answered.then((isAnswered) => isAnswered || this.dropped.push(name));
  }

  /** Lets time pass, and answers whatever may be answered meanwhile. */
  async pass(ms: number): Promise<void> {
    const untilMs = this.nowMs + ms;
    for (;;) {
      await this.answerAll();
      const next = this.timers.toSorted((a, b) => a.atMs - b.atMs)[0];
      if (next === undefined || next.atMs > untilMs) break;
      this.timers.splice(this.timers.indexOf(next), 1);
      this.nowMs = next.atMs;
      next.run();
    }
    this.nowMs = untilMs;
  }

  async answerAll(): Promise<void> {
    for (let end = this.ends.shift(); end !== undefined; end = this.ends.shift()) {
      end();
      await new Promise(setImmediate);
    }
  }
}

function named(client: string, count: number): string[] {
  return Array.from({ length: count }, (_, at) => `${client} ${at}`);
}

describe('whose query is answered next', () => {
  it('I15: another client’s comes soon, however many one has waiting', async () => {
    const scene = new Scene();
    for (const name of named('alice', 2 + 256)) scene.ask('alice', name);
    for (const name of named('gateway', 2)) scene.ask('gateway', name);
    await scene.answerAll();
    expect(scene.begun).toHaveLength(260);
    expect(scene.dropped).toEqual([]);
    expect(scene.begun.indexOf('gateway 0')).toBeLessThan(5);
    expect(scene.begun.indexOf('gateway 1')).toBeLessThan(7);
  });

  it('I15: each has its part of the places to wait in, and all together a bounded number', async () => {
    const scene = new Scene();
    const clients = named('client', 50);
    for (const client of clients) {
      for (let count = 0; count < 300; count += 1) scene.ask(client, client);
    }
    await scene.answerAll();
    const begun = clients.map((client) => scene.begun.filter((name) => name === client).length);
    expect(Math.min(...begun)).toBeGreaterThanOrEqual(5);
    expect(scene.begun.length).toBeLessThan(2 + 256 * 5);
    expect(scene.begun.length + scene.dropped.length).toBe(50 * 300);
  });

  it('A3, sibling: of one that asks more than may wait the oldest are dropped, not the newest', async () => {
    const scene = new Scene();
    for (const name of named('alice', 2 + 256 + 40)) scene.ask('alice', name);
    await scene.answerAll();
    const names = named('alice', 2 + 256 + 40);
    expect(scene.begun).toEqual([...names.slice(0, 2), ...names.slice(42)]);
    expect(scene.dropped).toEqual(names.slice(2, 42));
  });

  it('I15: a query that fails gives its turn on', async () => {
    const { turns } = new Scene();
    const broken = Array.from({ length: 3 }, () =>
      turns.take('alice', 'page', () => Promise.reject(new Error('broken'))),
    );
    expect((await Promise.allSettled(broken)).map(({ status }) => status)).toEqual(
      Array.from({ length: 3 }, () => 'rejected'),
    );
    await turns.take('gateway', 'page', () => Promise.resolve({ ms: 0, bytes: 0 }));
  });

  it('I15, sibling: pages of the ledger delay no single decisions of the same client', async () => {
    const scene = new Scene();
    for (const name of named('page', 100)) scene.ask('gateway', name, 'page');
    scene.ask('gateway', 'decision');
    await scene.answerAll();
    expect(scene.begun.indexOf('decision')).toBeLessThan(5);
  });
});

describe('what the queries of a client may cost', () => {
  const PAGE = { ms: 17, bytes: 232 * 1024 };

  /** Asks for 60 pages a second, of which each costs so much. @returns how many were answered */
  async function flood(scene: Scene, seconds: number, cost: Partial<QueryCost>): Promise<number> {
    const before = scene.begun.length;
    for (let times = 0; times < 60 * seconds; times += 1) {
      scene.ask('alice', 'page', 'page', cost);
      await scene.pass(1000 / 60);
    }
    return scene.begun.length - before;
  }

  it('I15, sibling: is a tenth of a processor, beyond what it may cost at once', async () => {
    const scene = new Scene();
    await flood(scene, 10, PAGE);
    const answered = await flood(scene, 10, PAGE);
    expect((answered * PAGE.ms) / 10).toBeGreaterThan(85);
    expect((answered * PAGE.ms) / 10).toBeLessThan(115);
    expect(scene.dropped.length).toBeGreaterThan(0);
  });

  it('I15, sibling: is a number of bytes a second, however fast they are read', async () => {
    const scene = new Scene();
    const bytes = 1024 * 1024;
    await flood(scene, 10, { bytes });
    const answered = await flood(scene, 10, { bytes });
    expect(answered / 10).toBeGreaterThan(14);
    expect(answered / 10).toBeLessThan(18);
  });

  it('I15, sibling: leaves other clients, and its other queries, what they have', async () => {
    const scene = new Scene();
    await flood(scene, 10, PAGE);
    scene.ask('gateway', 'another page', 'page');
    scene.ask('alice', 'a decision');
    await scene.answerAll();
    expect(scene.begun.slice(-2)).toEqual(['another page', 'a decision']);
    expect(scene.budget.allows('alice', 'page')).toBe(false);
    expect(scene.budget.allows('alice', 'prompt')).toBe(true);
  });

  it('I15, sibling: is waited for, no longer than clients wait', async () => {
    const scene = new Scene();
    scene.budget.spend('alice', 'page', { ms: 1000, bytes: 0 });
    scene.ask('alice', 'soon', 'page', { ms: 1000 });
    await scene.pass(900);
    expect(scene.begun).toEqual([]);
    await scene.pass(200);
    expect(scene.begun).toEqual(['soon']);
    for (const name of named('page', 5)) scene.ask('alice', name, 'page', { ms: 1000 });
    await scene.pass(4000);
    // Two at a time, since none is paid for before it was answered.
    expect(scene.begun).toEqual(['soon', ...named('page', 4)]);
    expect(scene.dropped).toEqual(['page 4']);
    expect(scene.timers).toEqual([]);
  });
});
