import type { Encoding } from './port.js';

/** Characters that spell so many bytes. */
export function charactersOf(bytes: number, encoding: Encoding): number {
  return encoding === 'hex' ? 2 * bytes : Math.ceil((4 * bytes) / 3);
}

/** Makes what is thrown for a text that does not spell what it should. */
export function misspelt(encoding: Encoding, size?: number): RangeError {
  const bytes = size === undefined ? 'bytes' : `${size} bytes`;
  return new RangeError(`the text does not spell ${bytes} in ${encoding}`);
}
