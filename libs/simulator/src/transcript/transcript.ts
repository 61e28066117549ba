import type { ClusterEvent } from '../trace/cluster-event.js';
import { describeEvent } from '../trace/describe-event.js';

interface Line {
  readonly atMs: number;
  readonly what: string;
  readonly who: string[];
}

/**
 * What happened, for people to read: what several do at one moment in the same words is one line,
 * and what a replica makes no use of is left out.
 */
export class Transcript {
  private readonly lines: Line[] = [];

  constructor(private readonly startedMs: number) {}

  add(event: ClusterEvent, atMs: number): void {
    if (event.kind === 'rejected') return;
    const { who, what } = describeEvent(event);
    const same = this.lines.find((line) => line.atMs === atMs && line.what === what);
    if (same === undefined) this.lines.push({ atMs, what, who: [who] });
    else same.who.push(who);
  }

  /** One line for each thing that happened, in order. */
  text(): string {
    return this.lines
      .map(({ atMs, what, who }) => {
        const time = `${(atMs - this.startedMs).toFixed(1).padStart(8)} ms`;
        return `${time}  ${`${together(who)} ${what}`.trim()}\n`;
      })
      .join('');
  }
}

/** `node 1` and `node 3` become `nodes 1, 3`. */
function together(who: readonly string[]): string {
  const everyone = [...new Set(who)];
  const ids = everyone.map((each) => /^node (\d+)$/.exec(each)?.[1]);
  if (everyone.length === 1 || ids.includes(undefined)) return everyone.join(', ');
  return `nodes ${ids.sort((a, b) => Number(a) - Number(b)).join(', ')}`;
}
