import { Writable } from 'node:stream';
import { describe, expect, it, vi } from 'vitest';
import { keepWriting } from './output.js';

/** A stream that fails, or never finishes, as long as it is told to. */
class Disk extends Writable {
  readonly written: string[] = [];
  state: 'well' | 'full' | 'stuck' = 'well';
  private waiting: (() => void) | undefined;

  constructor() {
    // As standard output is, which an error does not end.
    super({ autoDestroy: false, decodeStrings: false });
  }

  override _write(chunk: unknown, _: string, done: (error?: Error) => void): void {
    const take = (): void => {
      if (this.state === 'full') {
        done(Object.assign(new Error('no space'), { code: 'ENOSPC' }));
        return;
      }
      this.written.push(String(chunk));
      done();
    };
    if (this.state === 'stuck') this.waiting = take;
    else take();
  }

  proceed(): void {
    this.state = 'well';
    this.waiting?.();
  }
}

/** What process.stdout does after an error: it can be written again. */
function undestroy(disk: Disk): void {
  (disk as unknown as { _undestroy(): void })._undestroy();
}

describe('a log that cannot be written', () => {
  it('F2: does not throw, and says what is missing when there is room again', async () => {
    const disk = new Disk();
    keepWriting(disk as never);
    disk.on('error', () => undestroy(disk));
    disk.write('one\n');
    disk.state = 'full';
    const failed = vi.fn<() => void>();
    disk.write('two\n', failed);
    await vi.waitFor(() => expect(failed).toHaveBeenCalledOnce());
    undestroy(disk);
    disk.state = 'well';
    disk.write('three\n');
    await vi.waitFor(() => expect(disk.written.at(-1)).toBe('three\n'));
    expect(disk.written).toHaveLength(3);
    expect(disk.written[1]).toMatch(/^\d{4}-.*misses one write here/);
  });

  it('F2, sibling: a reader that stands still does not fill the memory', async () => {
    const disk = new Disk();
    keepWriting(disk as never, 1000);
    disk.state = 'stuck';
    const called = vi.fn<() => void>();
    for (let index = 0; index < 1000; index += 1) disk.write('0123456789', called);
    expect(disk.writableLength).toBeLessThanOrEqual(1010);
    disk.proceed();
    await vi.waitFor(() => expect(called).toHaveBeenCalledTimes(1000));
    disk.write('after\n');
    await vi.waitFor(() => expect(disk.written.at(-1)).toBe('after\n'));
    expect(disk.written.at(-2)).toMatch(/misses \d{3} writes here/);
  });
});
