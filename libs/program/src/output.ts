/**
 * What a program does when its output cannot be written: the reader of the pipe has closed it (EPIPE)
 * or reads no more, or the disk of the log is full (ENOSPC). Each program chooses one of the two ways
 * below at its start.
 */

/** What a shell reports for a program that was ended because nobody read on (128 + SIGPIPE). */
const UNREAD_EXIT_CODE = 141;

/** Output that waits for a slow reader; what is beyond it is dropped, in bytes. */
const MAX_WAITING_BYTES = 4 * 1024 * 1024;

type Output = NodeJS.WriteStream;

/**
 * For servers: they go on without a log. What could not be written is counted, and the log says how
 * much is missing as soon as it can be written again.
 */
export function outliveReaders(): void {
  for (const stream of [process.stdout, process.stderr]) keepWriting(stream);
}

/** Exported for tests. @param maxWaitingBytes what may wait for a reader */
export function keepWriting(
  stream: Pick<Output, 'write' | 'on' | 'writableLength'>,
  maxWaitingBytes = MAX_WAITING_BYTES,
): void {
  const write = stream.write.bind(stream) as (chunk: unknown, ...rest: unknown[]) => boolean;
  let lost = 0;
  stream.on('error', () => {
    lost += 1;
  });
  const guarded = (chunk: unknown, ...rest: unknown[]): boolean => {
    if (stream.writableLength > maxWaitingBytes) {
      lost += 1;
      const done = rest.at(-1);
      if (typeof done === 'function') process.nextTick(done as () => void);
      return false;
    }
    if (lost > 0) {
      const missing = lost;
      lost = 0;
      write(missingLine(missing), (error?: Error | null) => {
        // The note's own failure was counted like any other.
        if (error) lost += missing - 1;
      });
    }
    return write(chunk, ...rest);
  };
  stream.write = guarded as typeof stream.write;
}

/**
 * For command-line tools: without a reader there is nothing left to do, and they end quietly. A
 * result that cannot be written is a failure, and is said on standard error.
 *
 * @param endEarly ends the work in order; by default the process ends at once
 */
export function endWithReader(
  endEarly: (exitCode: number) => void = (code) => process.exit(code),
): void {
  process.stdout.once('error', ({ code, message }: NodeJS.ErrnoException) => {
    // One that has done its work keeps the exit status that says how it went.
    if (code === 'EPIPE') {
      endEarly(typeof process.exitCode === 'number' ? process.exitCode : UNREAD_EXIT_CODE);
      return;
    }
    process.stderr.write(`standard output cannot be written (${message}): the result is lost\n`);
    endEarly(WRITE_FAILURE_EXIT_CODE);
  });
  process.stdout.on('error', () => undefined);
  // Nobody follows the progress any more; the result may still be read.
  process.stderr.on('error', () => undefined);
}

/** Neither "right" nor "wrong" for programs whose exit status is a verdict. */
const WRITE_FAILURE_EXIT_CODE = 2;

function missingLine(writes: number): string {
  const what = writes === 1 ? 'one write' : `${writes} writes`;
  return `${new Date().toISOString()} this log misses ${what} here: it could not be written\n`;
}
