import { describe, expect, it } from 'vitest';
import { QueryTurns } from './query-turns.js';

/** Queries that are answered when the test says so. */
class Scene {
  readonly turns = new QueryTurns();
  readonly begun: string[] = [];
  /** Those whose turn never came. */
  readonly dropped: string[] = [];
  private readonly ends: (() => void)[] = [];

  ask(client: string, name: string): void {
    const answered = this.turns.take(client, () => {
      this.begun.push(name);
      return new Promise((resolve) => this.ends.push(resolve));
    });
    void answered.then((isAnswered) => isAnswered || this.dropped.push(name));
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
    const turns = new QueryTurns();
    const broken = Array.from({ length: 3 }, () =>
      turns.take('alice', () => Promise.reject(new Error('broken'))),
    );
    expect((await Promise.allSettled(broken)).map(({ status }) => status)).toEqual(
      Array.from({ length: 3 }, () => 'rejected'),
    );
    await turns.take('gateway', () => Promise.resolve());
  });
});
