interface LimitedLogOptions {
  /** Lines said in full in each period. */
  readonly lines: number;
  readonly periodMs: number;
}

/**
 * For lines that others can cause without limit: the first ones of a period are logged, the rest is
 * counted, and one line at the end of the period gives the counts.
 */
export class LimitedLog {
  private said = 0;
  private readonly unsaid = new Map<string, number>();
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly say: (line: string) => void,
    private readonly options: LimitedLogOptions = { lines: 5, periodMs: 60_000 },
  ) {}

  /** @param kind what it is counted as: one of few, never text from outside */
  add(kind: string, line: () => string): void {
    this.timer ??= setTimeout(() => this.summarize(), this.options.periodMs).unref();
    if (this.said < this.options.lines) {
      this.said += 1;
      this.say(line());
      return;
    }
    this.unsaid.set(kind, (this.unsaid.get(kind) ?? 0) + 1);
  }

  /** Says what was counted, and begins a new period with the next line. */
  summarize(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.said = 0;
    if (this.unsaid.size === 0) return;
    const counts = [...this.unsaid].map(([kind, count]) => `${count} × ${kind}`).join(', ');
    this.unsaid.clear();
    this.say(`not said one by one in the last ${this.options.periodMs / 1000} s: ${counts}`);
  }
}
