import { parseStrictJsonBytes, StrictJsonError } from '@ccro/strict-json';
import { ConfigurationError } from './configuration-error.js';

/**
 * The JSON of a file with a secret. Errors are logged, so that they name known fields alone and show
 * nothing else of the file.
 *
 * @param setting what errors call the file
 * @param malformed what they say when it is no JSON
 * @param fields names that an error may show
 * @throws ConfigurationError also when a field is given twice
 */
export function parseSecretJson(
  bytes: Buffer,
  setting: string,
  { malformed, fields }: { readonly malformed: string; readonly fields: readonly string[] },
): unknown {
  try {
    return parseStrictJsonBytes(bytes);
  } catch (error) {
    if (!(error instanceof StrictJsonError)) throw error;
    if (error.code === 'malformed') throw new ConfigurationError(setting, malformed);
    const path = error.issues[0]?.path ?? [];
    const isKnown = path.every((part) => typeof part === 'number' || fields.includes(part));
    const place = isKnown && path.length > 0 ? path.join('.') : 'a field';
    const problem = 'is given twice, or holds what JSON cannot keep; allowed: each field once';
    throw new ConfigurationError(`${setting}:`, `${place} ${problem}`);
  }
}
