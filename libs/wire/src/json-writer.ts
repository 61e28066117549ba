/**
 * JSON of a message's fields, in the order of the catalogue and nothing beside them. Texts alone are
 * escaped: what else there is consists of characters that stand for themselves. Requests are in objects
 * that were made to travel, and are written as they are: that is most of what travels, and quicker.
 */

import type { FieldShape, FieldShapes, Request } from '@ccro/consensus';
import { nestedForms } from './request-forms.js';

/** JSON of a value of one kind. */
type Writer = (value: unknown) => string;

type Values = Readonly<Record<string, unknown>>;

/** `,"name":value` of each field. */
export function fieldsWriter(shapes: FieldShapes): (values: object) => string {
  const properties = Object.entries(shapes).map(([name, shape]) => {
    return { name, key: `,"${name}":`, write: writerOf(shape) };
  });
  return (values) => {
    let json = '';
    for (const { name, key, write } of properties) {
      const value = (values as Values)[name];
      if (value !== undefined) json += key + write(value);
    }
    return json;
  };
}

function writerOf(shape: FieldShape): Writer {
  switch (shape.type) {
    case 'number':
    case 'bool':
      return String;
    case 'digest':
    case 'signature':
    case 'name':
    case 'word':
      return (value) => `"${value as string}"`;
    case 'text':
      return JSON.stringify;
    case 'optional':
      return writerOf(shape.of);
    case 'nullable': {
      const write = writerOf(shape.of);
      return (value) => (value === null ? 'null' : write(value));
    }
    case 'list':
      return shape.of.type === 'either' ? JSON.stringify : listWriter(writerOf(shape.of));
    case 'struct': {
      const write = fieldsWriter(shape.fields);
      return (value) => `{${write(value as object).slice(1)}}`;
    }
    case 'either':
      // Only what request-forms.ts makes may have one of two forms.
      return JSON.stringify;
    case 'requests':
      return (value) => JSON.stringify(nestedForms(value as readonly Request[]));
  }
}

function listWriter(write: Writer): Writer {
  return (value) => {
    let json = '[';
    for (const each of value as readonly unknown[]) {
      json += json.length === 1 ? write(each) : `,${write(each)}`;
    }
    return `${json}]`;
  };
}
