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
