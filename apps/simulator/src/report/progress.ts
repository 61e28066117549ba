import { SingleBar } from 'cli-progress';

/** Time between two lines where no terminal shows a bar, ms. */
const LINE_EVERY_MS = 30_000;

/** Shows how far something is: a bar on a terminal, a line now and then elsewhere. */
export class Progress {
  private readonly bar: SingleBar;
  private violated = 0;

  /** @param what is counted */
  constructor(total: number, what: string, stream: NodeJS.WriteStream) {
    this.bar = new SingleBar({
      stream,
      format: ` {bar} {value}/{total} ${what}, {eta_formatted} left, violated: {violated}`,
      hideCursor: true,
      clearOnComplete: true,
      noTTYOutput: true,
      notTTYSchedule: LINE_EVERY_MS,
    });
    this.bar.start(total, 0, { violated: 0 });
  }

  /** One more is done. */
  add(isViolated: boolean): void {
    if (isViolated) this.violated += 1;
    this.bar.increment({ violated: this.violated });
  }

  stop(): void {
    this.bar.stop();
  }
}
