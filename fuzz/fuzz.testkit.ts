/**
 * What the fuzz specs share: a property that runs for a time instead of a number of times, and small
 * changes to bytes and to JSON. `npm run fuzz` sets the time; without it each property gets a few seconds.
 */

import fc from 'fast-check';

const DEFAULT_SECONDS = 6;

/** Milliseconds for each property. */
export function fuzzMs(): number {
  const seconds = Number(process.env.FUZZ_SECONDS ?? DEFAULT_SECONDS);
  if (!(seconds > 0)) throw new RangeError('FUZZ_SECONDS is a number of seconds above 0');
  return seconds * 1000;
}

/** For vitest: what a property may take beside its own time. */
export const fuzzTimeoutMs = (): number => fuzzMs() + 60_000;

/**
 * Runs the property until its time is up. A failure is shrunk and says its seed and path:
 * `FUZZ_SEED` and `FUZZ_PATH` run it again.
 *
 * @returns how many cases were tried
 */
export async function fuzz<T>(
  arbitrary: fc.Arbitrary<T>,
  holds: (value: T) => Promise<void> | void,
): Promise<number> {
  let runs = 0;
  const property = fc.asyncProperty(arbitrary, async (value) => {
    runs += 1;
    await holds(value);
  });
  const { FUZZ_SEED: seed, FUZZ_PATH: path } = process.env;
  await fc.assert(property, {
    numRuns: path === undefined ? Number.MAX_SAFE_INTEGER : 1,
    interruptAfterTimeLimit: fuzzMs(),
    markInterruptAsFailure: false,
    ...(seed === undefined ? {} : { seed: Number(seed) }),
    ...(path === undefined ? {} : { path }),
  });
  return runs;
}

/** A few bytes changed, removed, repeated or put in. */
export interface ByteChange {
  readonly at: number;
  readonly remove: number;
  readonly insert: Uint8Array;
}

export const byteChanges: fc.Arbitrary<readonly ByteChange[]> = fc.array(
  fc.record({
    at: fc.nat(),
    remove: fc.integer({ min: 0, max: 8 }),
    insert: fc.oneof(
      fc.uint8Array({ maxLength: 8 }),
      fc
        .constantFrom(...['"', '{', '}', '[', ']', ',', ':', '\\u0000', '\\ud800', '1e999', '-0'])
        .map((text) => Buffer.from(text)),
    ),
  }),
  { minLength: 1, maxLength: 4 },
);

export function changeBytes(payload: Uint8Array, changes: readonly ByteChange[]): Buffer {
  let bytes = Buffer.from(payload);
  for (const { at, remove, insert } of changes) {
    const place = at % (bytes.length + 1);
    bytes = Buffer.concat([bytes.subarray(0, place), insert, bytes.subarray(place + remove)]);
  }
  return bytes;
}

/** Values that programs trip over. */
export const awkwardValues: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(0, 1, 2, 3, -1, -0, 0.5, 2 ** 31, 2 ** 32, 2 ** 53 - 1, 2 ** 53, 1e308),
  fc.constantFrom<unknown>(null, true, false, '', 'constructor', '__proto__', '../x', [], {}),
  fc.constantFrom<unknown>('0'.repeat(64), 'f'.repeat(64), '\u0000'.repeat(200), '\u202e'),
  fc.nat({ max: 40 }),
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.jsonValue({ maxDepth: 2 }),
);

/** A value of a JSON document put in the place of another: which one, and what. */
export interface JsonChange {
  readonly at: number;
  readonly value: unknown;
}

export const jsonChanges: fc.Arbitrary<readonly JsonChange[]> = fc.array(
  fc.record({ at: fc.nat(), value: awkwardValues }),
  { minLength: 1, maxLength: 3 },
);

/** A copy of the document with some of its values, however deep, replaced. */
export function changeJson<T>(document: T, changes: readonly JsonChange[]): T {
  const copy = structuredClone(document);
  for (const { at, value } of changes) {
    const places = placesIn(copy);
    const place = places[at % places.length];
    if (place !== undefined) place.in[place.key] = structuredClone(value);
  }
  return copy;
}

interface Place {
  readonly in: Record<string, unknown>;
  readonly key: string;
}

function placesIn(value: unknown): Place[] {
  if (typeof value !== 'object' || value === null) return [];
  const holder = value as Record<string, unknown>;
  return Object.keys(holder).flatMap((key) => [{ in: holder, key }, ...placesIn(holder[key])]);
}
