import { MultiBar, type SingleBar } from 'cli-progress';
import type { History } from '../workload/history.js';

const FORMAT = '{bar} {value}/{total} s | {decided} decided, {rate}/s | {phase}';
const REFRESH_MS = 250;

/**
 * A line at the bottom that shows how far a run is, and lines above it that stay. Where the output
 * is no terminal only the lines are written.
 */
export class Progress {
  private bars: MultiBar | undefined;
  private bar: SingleBar | undefined;
  private timer: NodeJS.Timeout | undefined;
  private startedMs = 0;
  private phase = '';

  constructor(private readonly totalSeconds: number) {}

  start(history: History): void {
    if (!process.stdout.isTTY) return;
    this.startedMs = history.nowMs();
    this.bars = new MultiBar({
      format: FORMAT,
      stream: process.stdout,
      hideCursor: true,
      clearOnComplete: true,
      linewrap: false,
      barsize: 20,
    });
    this.bar = this.bars.create(this.totalSeconds, 0, { decided: 0, rate: '0', phase: '' });
    this.timer = setInterval(() => this.refresh(history), REFRESH_MS);
  }

  say(line: string): void {
    if (this.bars === undefined) process.stdout.write(`${line}\n`);
    else this.bars.log(`${line}\n`);
  }

  setPhase(phase: string): void {
    this.phase = phase;
  }

  stop(): void {
    clearInterval(this.timer);
    this.bars?.stop();
    this.bars = undefined;
  }

  private refresh(history: History): void {
    const seconds = (history.nowMs() - this.startedMs) / 1000;
    const decided = history.calls.filter((call) => call.decided !== undefined).length;
    this.bar?.update(Math.min(Math.round(seconds), this.totalSeconds), {
      decided,
      rate: (decided / Math.max(seconds, 1)).toFixed(0),
      phase: this.phase,
    });
  }
}
