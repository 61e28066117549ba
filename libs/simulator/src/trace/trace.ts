import { hashes } from '@ccro/primitives';
import type { ClusterEvent } from './events.js';
import { describeEvent, fatesText } from './describe-event.js';

/**
 * What happened in a run, line by line. Lines depend on the schedule alone, so equal hashes mean
 * equal runs.
 */
export class Trace {
  private readonly written: string[] = [];
  private readonly digest = hashes.runningSha256();

  /** Adds what happened at `atMs` of virtual time. */
  add(event: ClusterEvent, atMs: number): void {
    const { who, what } = describeEvent(event);
    const fates = event.kind === 'published' ? `  [${fatesText(event.published)}]` : '';
    const line = `${atMs.toFixed(3).padStart(10)} ms  ${`${who} ${what}`.trim()}${fates}`;
    this.written.push(line);
    this.digest.add(`${line}\n`);
  }

  get lines(): readonly string[] {
    return this.written;
  }

  /** SHA-256 over all lines so far, each ended by a line feed. */
  get hash(): string {
    return this.digest.hex();
  }
}
