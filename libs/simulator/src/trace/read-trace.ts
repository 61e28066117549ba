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
const MAX_SEED = 2 ** 32 - 1;
/** Values of one choice. */
const MAX_VALUES = 64;
/** As `npm run simulate` takes them. */
const ALLOWED: Readonly<Record<keyof Choices, (value: unknown) => boolean>> = {
  modes: (value) => value === 'pbft' || value === 'ccro',
  nodes: (value) => isWhole(value, 4, 31),
  signatures: (value) => value === 'ed25519' || value === 'bls',
  fastPath: (value) => typeof value === 'boolean',
  signedTogether: (value) => isWhole(value, 1, 128),
};

function isWhole(value: unknown, min: number, max: number): boolean {
  return Number.isSafeInteger(value) && Number(value) >= min && Number(value) <= max;
}

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
  const choices = choicesIn(drawn);
  if (seed === undefined || Number(seed) > MAX_SEED || choices === undefined) {
    return { source: undefined, lines };
  }
  return { source: { seed: Number(seed), choices }, lines };
}

/**
 * A file may contain anything: a run is repeated only if the page offers its choices. Of any other
 * file only the lines are shown.
 */
function choicesIn(drawn = '{}'): Partial<Choices> | undefined {
  let read: unknown;
  try {
    read = JSON.parse(drawn);
  } catch {
    return undefined;
  }
  if (typeof read !== 'object' || read === null || Array.isArray(read)) return undefined;
  const isAllowed = Object.entries(read).every(
    ([name, values]) =>
      Object.hasOwn(ALLOWED, name) &&
      Array.isArray(values) &&
      values.length >= 1 &&
      values.length <= MAX_VALUES &&
      values.every(ALLOWED[name as keyof Choices]),
  );
  return isAllowed ? (read as Partial<Choices>) : undefined;
}
