import { SingleBar } from 'cli-progress';

/** Shows how far something is: a bar on a terminal, nothing elsewhere. */
export class Progress {
  private readonly bar: SingleBar | undefined;
  private violated = 0;

  /** @param what is counted */
  constructor(total: number, what: string, stream: NodeJS.WriteStream) {
    if (!stream.isTTY) return;
    this.bar = new SingleBar({
      stream,
      format: ` {bar} {value}/{total} ${what}, {eta_formatted} left, violated: {violated}`,
      hideCursor: true,
      clearOnComplete: true,
    });
    this.bar.start(total, 0, { violated: 0 });
  }

  /** One more is done. */
  add(isViolated: boolean): void {
    if (isViolated) this.violated += 1;
    this.bar?.increment({ violated: this.violated });
  }

  stop(): void {
    this.bar?.stop();
  }
}
