import type { Choices } from '../schedule/schedule.js';

/** One line of a trace, without its time. */
export interface TraceLine {
  readonly atMs: number;
  readonly text: string;
}

/** What a trace's file says. */
export interface ReadTrace {
  /** With what the run can be had again; undefined where that is not said. */
  readonly source: { readonly seed: number; readonly choices: Partial<Choices> } | undefined;
  readonly lines: readonly TraceLine[];
}

const LINE = /^ *(\d+\.\d{3}) ms {2}(.*)$/;
const SEED = /^seed (\d+): (?:pbft|ccro), \d+ nodes, /;
const DRAWN_FROM = /^drawn from (\{.*\})$/;
/** The lines of `describeSchedule` come first. */
const HEADING_LINES = 8;

/** Reads what `npm run simulate -- --trace` wrote. @returns undefined for anything else */
export function readTrace(text: string): ReadTrace | undefined {
  const lines: TraceLine[] = [];
  for (const line of text.split('\n')) {
    const [, atMs, said] = LINE.exec(line) ?? [];
    if (atMs !== undefined && said !== undefined) lines.push({ atMs: Number(atMs), text: said });
    // A few lines of a trace go on: what a client wanted may hold line feeds.
    else if (lines.length === 0) return undefined;
  }
  const heading = lines.slice(0, HEADING_LINES).map((line) => line.text);
  const seed = heading.flatMap((line) => SEED.exec(line)?.[1] ?? [])[0];
  const drawn = heading.flatMap((line) => DRAWN_FROM.exec(line)?.[1] ?? [])[0];
  if (seed === undefined) return { source: undefined, lines };
  return { source: { seed: Number(seed), choices: choicesIn(drawn) }, lines };
}

/** What is no choice at all makes another run, which the hash will show. */
function choicesIn(drawn = '{}'): Partial<Choices> {
  try {
    return JSON.parse(drawn) as Partial<Choices>;
  } catch {
    return {};
  }
}
