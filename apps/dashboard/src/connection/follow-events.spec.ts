import { expect, it } from 'vitest';
import { EventFrames } from './follow-events.js';

const text =
  'id: a-1\nevent: skipped\ndata: {"type":"skipped","count":2}\n\n' +
  'id: a-2\nevent: future\ndata: {"type":"future"}\n\n: a comment\n\n' +
  'event: skipped\ndata: {"type":"skipped","count":3}\n\n';
const events = [
  { type: 'skipped', count: 2 },
  { type: 'skipped', count: 3 },
];

it('reads events wherever the pieces end, and passes over what it does not know', () => {
  for (let at = 0; at <= text.length; at += 1) {
    const frames = new EventFrames();
    const read = [...frames.take(text.slice(0, at)), ...frames.take(text.slice(at))];
    expect(read).toEqual(events);
  }
});

it('holds back what is not complete', () => {
  const frames = new EventFrames();
  expect(frames.take(text.slice(0, -1))).toEqual(events.slice(0, 1));
  expect(frames.take('\n')).toEqual(events.slice(1));
});
