import { OptionError } from '@ccro/program';
import { BROKEN_PROTOCOLS, type BrokenProtocol, type Choices, type Mode } from '@ccro/simulator';
import { availableParallelism } from 'node:os';

/** What was typed, unchecked. */
export interface RawOptions {
  readonly seeds?: string;
  readonly startSeed?: string;
  readonly seed?: string;
  readonly nodes: string;
  readonly mode: string;
  readonly signature: string;
  readonly fastPath: string;
  readonly together: string;
  readonly jobs?: string;
  readonly trace?: string;
  readonly break?: string;
  readonly knownFirst?: boolean;
}

interface Common {
  readonly choices: Choices;
  readonly jobs: number;
  /** Where a trace goes; undefined: to a temporary file. */
  readonly traceFile: string | undefined;
}

/** What to do, checked. */
export type SimulatorOptions =
  | (Common & { readonly kind: 'sweep'; readonly firstSeed: number; readonly seeds: number })
  | (Common & { readonly kind: 'replay'; readonly seed: number })
  | { readonly kind: 'list-broken' }
  | (Common & {
      readonly kind: 'find-broken';
      readonly protocols: readonly BrokenProtocol[];
      readonly firstSeed: number;
      readonly seeds: number;
      /** Whether the seed that showed a protocol before is tried before all others. */
      readonly knownFirst: boolean;
    });

const MAX_SEED = 2 ** 32 - 1;
const MAX_SEEDS = 10_000_000;
const MAX_NODES = 31;
const MAX_JOBS = 256;
const DEFAULT_SEEDS = 200;
/** Each protocol that is wrong on purpose has to be found within so many. */
const DEFAULT_SEEDS_TO_FIND = 300;
/** See MAX_SIGNED_TOGETHER of the wire format. */
const MAX_TOGETHER = 128;
const SIGNATURES = ['ed25519', 'bls'] as const satisfies Choices['signatures'];
const MODES = ['pbft', 'ccro'] as const satisfies readonly Mode[];

/**
 * Checks what was typed.
 *
 * @param random a number in [0, 1), for the first seed when none is given
 * @throws OptionError naming the option and what is allowed
 */
export function checkOptions(raw: RawOptions, random: () => number): SimulatorOptions {
  if (raw.knownFirst === true && raw.break !== 'all') {
    throw new OptionError('known-first', undefined, 'it goes with --break all');
  }
  if (raw.break === 'list') return { kind: 'list-broken' };
  const common: Common = {
    choices: choicesOf(raw),
    jobs: raw.jobs === undefined ? availableParallelism() : integer('jobs', raw.jobs, 1, MAX_JOBS),
    traceFile: raw.trace,
  };
  if (raw.break !== undefined) {
    return {
      ...common,
      kind: 'find-broken',
      protocols: brokenProtocols(raw.break),
      // The same ones each time, so that it is known how many it takes.
      ...seedRange(raw, 1, DEFAULT_SEEDS_TO_FIND),
      knownFirst: raw.knownFirst === true,
    };
  }
  if (raw.seed !== undefined) {
    return { ...common, kind: 'replay', seed: integer('seed', raw.seed, 0, MAX_SEED) };
  }
  return {
    ...common,
    kind: 'sweep',
    ...seedRange(raw, Math.floor(random() * 2 ** 31), DEFAULT_SEEDS),
  };
}

function seedRange(
  { seed, seeds, startSeed }: RawOptions,
  defaultFirst: number,
  defaultCount: number,
): { readonly firstSeed: number; readonly seeds: number } {
  if (seed !== undefined) return { firstSeed: integer('seed', seed, 0, MAX_SEED), seeds: 1 };
  return {
    firstSeed:
      startSeed === undefined ? defaultFirst : integer('start-seed', startSeed, 0, MAX_SEED),
    seeds: seeds === undefined ? defaultCount : integer('seeds', seeds, 1, MAX_SEEDS),
  };
}

function brokenProtocols(name: string): readonly BrokenProtocol[] {
  const found = BROKEN_PROTOCOLS.filter((each) => name === 'all' || each.name === name);
  if (found.length > 0) return found;
  throw new OptionError('break', name, 'all, or a name that --break list shows');
}

function listOf<T>(
  option: string,
  text: string,
  read: (option: string, text: string) => T,
): readonly [T, ...T[]] {
  const [first = '', ...rest] = text.split(',').map((each) => each.trim());
  return [read(option, first), ...rest.map((each) => read(option, each))];
}

function choicesOf(raw: RawOptions): Choices {
  const onOrOff = oneOf(['on', 'off']);
  const isOn = (option: string, text: string): boolean => onOrOff(option, text) === 'on';
  return {
    modes: listOf('mode', raw.mode, oneOf(MODES)),
    nodes: listOf('nodes', raw.nodes, wholeNumber(4, MAX_NODES)),
    signatures: listOf('signature', raw.signature, oneOf(SIGNATURES)),
    fastPath: listOf('fast-path', raw.fastPath, isOn),
    signedTogether: listOf('together', raw.together, wholeNumber(1, MAX_TOGETHER)),
  };
}

/** Reads one of a few words. */
function oneOf<T extends string>(words: readonly T[]): (option: string, text: string) => T {
  return (option, text) => {
    const found = words.find((each) => each === text);
    if (found === undefined) throw new OptionError(option, text, `${words.join(' or ')}, or both`);
    return found;
  };
}

function wholeNumber(low: number, high: number): (option: string, text: string) => number {
  return (option, text) => integer(option, text, low, high);
}

function integer(option: string, text: string, low: number, high: number): number {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (value >= low && value <= high) return value;
  throw new OptionError(option, text, `a whole number from ${low} to ${high}`);
}
