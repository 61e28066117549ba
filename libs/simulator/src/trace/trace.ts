import { createHash } from 'node:crypto';

/**
 * What happened in a run, line by line. Lines depend on the schedule alone, so equal hashes mean
 * equal runs.
 */
export class Trace {
  private readonly written: string[] = [];
  private readonly digest = createHash('sha256');

  /** @param onLine sees each line as it is written */
  constructor(private readonly onLine?: (line: string) => void) {}

  /** Adds what happened at `atMs` of virtual time. */
  add(atMs: number, text: string): void {
    const line = `${atMs.toFixed(3).padStart(10)} ms  ${text}`;
    this.written.push(line);
    this.digest.update(line).update('\n');
    this.onLine?.(line);
  }

  get lines(): readonly string[] {
    return this.written;
  }

  /** SHA-256 over all lines so far, each ended by a line feed. */
  get hash(): string {
    return this.digest.copy().digest('hex');
  }
}
