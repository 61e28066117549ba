/** What commander reads options with: each says what is allowed. */

import { InvalidArgumentError } from 'commander';

/** @returns a parser of whole numbers from `min` to `max` */
export function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d{1,9}$/.test(text) && value >= min && value <= max) return value;
    throw new InvalidArgumentError(`Allowed: ${min} to ${max}.`);
  };
}

/** @returns a parser of decimal numbers from `min` to `max` */
export function decimal(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d{1,6}(\.\d{1,6})?$/.test(text) && value >= min && value <= max) return value;
    throw new InvalidArgumentError(`Allowed: ${min} to ${max}, decimals too.`);
  };
}

/** A seed: what can be typed again without quotes. @throws InvalidArgumentError */
export function seed(text: string): string {
  if (/^[A-Za-z0-9_-]{1,64}$/.test(text)) return text;
  throw new InvalidArgumentError('Allowed: 1 to 64 letters, digits, - and _.');
}

/** @returns a parser of the names in `allowed` */
export function oneOf<T extends string>(allowed: readonly T[]): (text: string) => T {
  return (text) => {
    const found = allowed.find((each) => each === text);
    if (found !== undefined) return found;
    throw new InvalidArgumentError(`Allowed: ${allowed.join(', ')}; several with commas.`);
  };
}

/** @returns a parser of `a,b,c`, none twice, in the order typed */
export function list<T>(parse: (text: string) => T): (text: string) => T[] {
  return (text) => [...new Set(text.split(',').map((each) => parse(each.trim())))];
}
