import { expect, it } from 'vitest';
import { isWell } from './recovery.js';

it.each([
  [null, true],
  ['waits for view 17: 1 of 3 ask for it, 2 more nodes must ask for it', true],
  ['waits for view 17: 2 of 3 ask for it, 1 more node must ask for it', false],
  ['waits for view 17: 4 of 3 ask for it, node 1 must begin it', false],
  ['the broker cannot be reached', false],
  ['catching up: executed 5, the others 90 or more', false],
])('a node that says %j: %j', (reason, expected) => {
  expect(isWell(reason, 1)).toBe(expected);
});
