import { expect, it } from 'vitest';
import { shownSlots } from './shown-slots.js';

it.each([
  { top: undefined, newest: 0, from: 0, to: 0 },
  { top: undefined, newest: 7, from: 1, to: 7 },
  { top: undefined, newest: 57, from: 38, to: 57 },
  { top: 37, newest: 57, from: 18, to: 37 },
  { top: 3, newest: 57, from: 1, to: 3 },
  // What was asked for before it was decided.
  { top: 90, newest: 57, from: 38, to: 57 },
])('top $top of $newest: $from to $to', ({ top, newest, from, to }) => {
  expect(shownSlots(top, newest)).toEqual({ from, to });
});
