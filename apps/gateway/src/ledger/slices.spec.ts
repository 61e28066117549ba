import { describe, expect, it } from 'vitest';
import { Slices } from './slices.js';

/** Items that take so long, and in which order they were done; '|' where the event loop came round. */
class Scene {
  nowMs = 0;
  done = '';
  readonly slices = new Slices(() => this.nowMs);

  every(items: string, eachMs = 2): Promise<boolean> {
    return this.slices.every(items.split(''), (item) => {
      this.nowMs += eachMs;
      this.done += item;
      return item !== 'x';
    });
  }

  /** Until all of `work` is done. */
  async rounds(work: readonly Promise<boolean>[]): Promise<boolean[]> {
    let isOver = false;
    const round = (): void => {
      this.done += '|';
      if (!isOver) setImmediate(round);
    };
    setImmediate(round);
    const results = await Promise.all(work);
    isOver = true;
    return results;
  }
}

describe('work in slices', () => {
  it('I15, sibling: lets the event loop come round after a few milliseconds', async () => {
    const scene = new Scene();
    expect(await scene.rounds([scene.every('abcdefg')])).toEqual([true]);
    expect(scene.done).toBe('abc|def|g');
  });

  it('I15, sibling: is one slice a round, of all that was begun; what is short is done soon', async () => {
    const scene = new Scene();
    const work = [scene.every('aaaaaaaaa'), scene.every('bbbbbb'), scene.every('c')];
    expect(await scene.rounds(work)).toEqual([true, true, true]);
    expect(scene.done).toBe('aaa|bbb|c|aaa|bbb|aaa');
  });

  it('ends at what fails, gives its turn on, and has nothing to do for nothing', async () => {
    const scene = new Scene();
    const work = [scene.every('axb'), scene.every('cd'), scene.every('')];
    expect(await scene.rounds(work)).toEqual([false, true, true]);
    expect(scene.done).toBe('ax|cd');
    const failing = scene.slices.every(['e'], () => {
      throw new Error('failed');
    });
    await expect(failing).rejects.toThrow('failed');
    expect(await scene.every('f')).toBe(true);
  });
});
