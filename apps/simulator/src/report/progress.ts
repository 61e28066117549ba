import { SingleBar } from 'cli-progress';
import type { TaskResult } from '../worker/messages.js';

/** Shows how far a sweep is: a bar on a terminal, nothing elsewhere. */
export class Progress {
  private readonly bar: SingleBar | undefined;
  private failures = 0;

  constructor(total: number, stream: NodeJS.WriteStream) {
    if (!stream.isTTY) return;
    this.bar = new SingleBar({
      stream,
      format: ' {bar} {value}/{total} seeds, {eta_formatted} left, violated: {failures}',
      hideCursor: true,
      clearOnComplete: true,
    });
    this.bar.start(total, 0, { failures: 0 });
  }

  add({ findings }: TaskResult): void {
    if (findings.length > 0) this.failures += 1;
    this.bar?.increment({ failures: this.failures });
  }

  stop(): void {
    this.bar?.stop();
  }
}
