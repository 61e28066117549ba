/** The same of bytes: what is no UTF-8 would be read with other characters, and is refused. */

import { isUtf8 } from 'node:buffer';
import { visit, type JSONPath } from 'jsonc-parser';
import { nestsTooDeep, parseStrictJson, StrictJsonError } from './strict-json.js';

/** @throws StrictJsonError */
export function parseStrictJsonBytes(bytes: Buffer): unknown {
  if (!isUtf8(bytes)) throw notUtf8(bytes);
  // A byte order mark is no part of the value.
  const start = bytes.length >= 3 && bytes.readUIntBE(0, 3) === 0xefbbbf ? 3 : 0;
  return parseStrictJson(bytes.toString('utf8', start));
}

/** Names the text or key that holds bytes which are no UTF-8. */
function notUtf8(bytes: Buffer): StrictJsonError {
  // A character for each byte: quotes and brackets stand where they stand.
  const text = bytes.toString('latin1');
  let found: JSONPath | undefined;
  const look = (offset: number, length: number, path: () => JSONPath): void => {
    if (found === undefined && !isUtf8(bytes.subarray(offset, offset + length))) found = path();
  };
  if (!nestsTooDeep(text)) {
    visit(
      text,
      {
        onObjectProperty: (_key, offset, length, _line, _at, path) => look(offset, length, path),
        onLiteralValue: (_value, offset, length, _line, _at, path) => look(offset, length, path),
      },
      { disallowComments: true },
    );
  }
  return new StrictJsonError('malformed', [{ path: found ?? [], message: 'not UTF-8' }]);
}
