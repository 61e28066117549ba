import { describe, expect, it } from 'vitest';
import { eventFrame, EventStream, MAX_WAITING_BYTES, type EventOutput } from './event-stream.js';

/** A reader that takes what it is told to take. */
class Reader implements EventOutput {
  written: string[] = [];
  ended = false;
  destroyed = false;
  writableLength = 0;

  write(text: string): void {
    this.written.push(text);
    this.writableLength += text.length;
  }

  end(): void {
    this.ended = true;
  }

  destroy(): void {
    this.destroyed = true;
  }
}

const FRAME = eventFrame({ type: 'skipped', count: 0 }, 'x-1');
const BIG = 'x'.repeat(10_000);

describe('a reader of events', () => {
  it('gets frames as they are', () => {
    const reader = new Reader();
    new EventStream(reader).send(FRAME);
    expect(reader.written).toEqual([
      'id: x-1\nevent: skipped\ndata: {"type":"skipped","count":0}\n\n',
    ]);
  });

  it('that takes nothing costs bounded memory, and is hung up on', () => {
    const reader = new Reader();
    const stream = new EventStream(reader);
    for (let count = 0; count < 1_000; count += 1) stream.send(BIG);
    expect(reader.writableLength).toBeLessThanOrEqual(MAX_WAITING_BYTES + BIG.length);
    stream.check();
    expect(reader.destroyed).toBe(false);
    stream.check();
    expect(reader.destroyed).toBe(true);
  });

  it('that was slow for a while stays, and is told what it missed', () => {
    const reader = new Reader();
    const stream = new EventStream(reader);
    for (let count = 0; count < 100; count += 1) stream.send(BIG);
    const got = reader.written.length;
    stream.check();
    reader.writableLength = 0;
    stream.check();
    for (let count = 0; count < 100; count += 1) stream.send(FRAME);
    stream.check();
    expect(reader.destroyed).toBe(false);
    const [notice, next] = reader.written.slice(got);
    expect(notice).toContain(`{"type":"skipped","count":${100 - got}}`);
    expect(next).toBe(FRAME);
  });
});
