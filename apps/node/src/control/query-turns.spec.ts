import { describe, expect, it } from 'vitest';
import { QueryTurns } from './query-turns.js';

/** Queries that are answered when the test says so. */
class Scene {
  readonly turns = new QueryTurns();
  readonly begun: string[] = [];
  private readonly ends: (() => void)[] = [];

  ask(client: string, name: string): void {
    void this.turns.take(client, () => {
      this.begun.push(name);
      return new Promise((resolve) => this.ends.push(resolve));
    });
  }

  async answerAll(): Promise<void> {
    for (let end = this.ends.shift(); end !== undefined; end = this.ends.shift()) {
      end();
      await new Promise(setImmediate);
    }
  }
}

/** Asks until no more of the client may wait. @returns how many do */
function fill({ turns }: Scene, ask: (at: number) => void, client: string): number {
  let count = 0;
  for (; turns.admits(client) && count < 1000; count += 1) ask(count);
  return count;
}

describe('whose query is answered next', () => {
  it('I15: another client’s comes soon, however many one has waiting', async () => {
    const scene = new Scene();
    const floods = fill(scene, (at) => scene.ask('alice', `alice ${at}`), 'alice');
    expect(floods).toBe(2 + 256);
    expect(scene.turns.admits('gateway')).toBe(true);
    for (const at of [0, 1]) scene.ask('gateway', `gateway ${at}`);
    await scene.answerAll();
    expect(scene.begun).toHaveLength(260);
    expect(scene.begun.indexOf('gateway 0')).toBeLessThan(5);
    expect(scene.begun.indexOf('gateway 1')).toBeLessThan(7);
  });

  it('I15: each has its part of the places to wait in, and all together a bounded number', () => {
    const scene = new Scene();
    const waiting = Array.from({ length: 50 }, (_, at) => `client ${at}`).map((client) =>
      fill(scene, () => scene.ask(client, client), client),
    );
    expect(Math.min(...waiting)).toBeGreaterThanOrEqual(5);
    expect(waiting.reduce((sum, each) => sum + each, 0)).toBeLessThan(2 + 256 * 5);
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
