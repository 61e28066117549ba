import { describe, expect, it } from 'vitest';
import * as page from './browser.js';
import * as node from './index.js';

describe.each([
  ['page', page.soon],
  ['Node', node.soon],
])('soon: %s', (_side, soon) => {
  it('comes after all promises, in the order of the calls', async () => {
    const told: string[] = [];
    const last = new Promise<void>((resolve) => {
      soon(() => told.push('first'));
      soon(() => {
        told.push('second');
        resolve();
      });
    });
    told.push('now');
    for (let left = 100; left > 0; left -= 1) await Promise.resolve();
    told.push('after promises');
    await last;
    expect(told).toEqual(['now', 'after promises', 'first', 'second']);
  });
});
