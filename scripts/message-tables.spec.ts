/**
 * The tables of messages in docs/PROTOCOL.md are those of the catalogue. `npm run docs:messages` writes
 * them, between the comments that name them.
 */

import {
  CATALOGUE,
  type Declaration,
  type FieldShape,
  type FieldShapes,
  KINDS,
  type MessageKind,
} from '@ccro/consensus';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const DOCUMENT = fileURLToPath(new URL('../docs/PROTOCOL.md', import.meta.url));

type Row = readonly string[];

/** Signed, but no message: in the cluster file. */
const POSSESSION: Row = [
  '15',
  'possession of a BLS key; no cluster',
  'public key 48',
  'replica, with that key',
];

/** `lastExecuted`: last executed. */
function spaced(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

function isList(shape: FieldShape): shape is Extract<FieldShape, { type: 'list' }> {
  return shape.type === 'list';
}

/** How a field is signed, see `catalogue-bytes.ts`. */
function signedText(name: string, shape: FieldShape): string {
  switch (shape.type) {
    case 'number':
      return `${name} u${8 * shape.bytes}`;
    case 'bool':
      return `${name} u8`;
    case 'digest':
      return `${name} 32`;
    case 'text':
      return `SHA-256 of ${name} 32`;
    case 'nullable':
      return `${signedText(name, shape.of)} (empty: none)`;
    case 'list':
      if (shape.of.type === 'name') return `SHA-256 of ${name}, one a line, 32`;
      return `number of ${name} u32, of each: ${signedStruct(shape.of)};`;
    default:
      return `${name} text`;
  }
}

function signedStruct(shape: FieldShape): string {
  if (shape.type !== 'struct') return signedText('it', shape);
  const fields = Object.entries(shape.fields);
  return fields.map(([name, each]) => signedText(spaced(name), each)).join(', ');
}

function layoutText(names: readonly string[], fields: FieldShapes): string {
  const texts = names.map((name) => signedText(spaced(name), fields[name] ?? { type: 'bool' }));
  return texts.join(', ').replaceAll(';,', ';');
}

function signedRows(kind: MessageKind): Row[] {
  const { signed, fields, by }: Declaration = CATALOGUE[kind];
  if (signed === 'nothing') return [];
  if ('type' in signed) return [[String(signed.type), kind, layoutText(signed.fields, fields), by]];
  return Object.entries(signed.statements).map(([statement, { type, says }]) => [
    String(type),
    statement,
    says,
    by,
  ]);
}

/** What a field holds, as far as its name does not say it. */
function fieldText(name: string, shape: FieldShape): string {
  const content = contentOf(shape);
  return content === '' ? name : `${name} (${content})`;
}

function contentOf(shape: FieldShape): string {
  switch (shape.type) {
    case 'struct':
      return Object.entries(shape.fields)
        .map(([name, each]) => fieldText(spaced(name), each))
        .join(', ');
    case 'list':
      return shape.of.type === 'digest' ? 'digests' : contentOf(shape.of);
    case 'either':
      return `of each: ${contentOf(shape.first)}; or a ${shape.second.type}`;
    case 'optional':
      return 'may be left out';
    case 'nullable':
      return 'or null';
    default:
      return '';
  }
}

/** With certificates as what they are: each time all their fields would hide the rest. */
function withoutCertificates(shape: FieldShape): FieldShape {
  if (isList(shape)) return { ...shape, of: withoutCertificates(shape.of) };
  if (shape.type !== 'struct') return shape;
  if ('kind' in shape.fields) return { type: 'bool' };
  const fields = Object.entries(shape.fields).map(
    ([name, each]) => [name, withoutCertificates(each)] as const,
  );
  return { ...shape, fields: Object.fromEntries(fields) };
}

function sizeText(bytes: number): string {
  return bytes >= 2 ** 20 ? `${bytes / 2 ** 20} MiB` : `${bytes / 2 ** 10} KiB`;
}

function messageRow(kind: MessageKind): Row {
  const { code, fields, channel, maxBytes }: Declaration = CATALOGUE[kind];
  const texts = Object.entries(fields).map(([name, shape]) =>
    fieldText(spaced(name), withoutCertificates(shape)),
  );
  return [`\`${kind}\``, String(code), texts.join(', '), channel, sizeText(maxBytes)];
}

function table(heads: Row, rows: readonly Row[]): string {
  const line = (cells: Row): string => `| ${cells.join(' | ')} |`;
  return [line(heads), line(heads.map(() => '---')), ...rows.map(line)].join('\n');
}

const TABLES: Readonly<Record<string, string>> = {
  signed: table(
    ['type', 'statement', 'fields', 'by'],
    [...KINDS.flatMap(signedRows), POSSESSION].sort(([a], [b]) => Number(a) - Number(b)),
  ),
  messages: table(['kind', 'code', 'fields', 'channel', 'at most'], KINDS.map(messageRow)),
};

it('the tables of messages are those of the catalogue', async () => {
  let text = readFileSync(DOCUMENT, 'utf8');
  for (const [name, rows] of Object.entries(TABLES)) {
    const place = new RegExp(
      `(<!-- ${name}: npm run docs:messages -->\n\n)[^]*?(\n\n<!-- end -->)`,
    );
    expect(text).toMatch(place);
    text = text.replace(place, (_, start: string, end: string) => start + rows + end);
  }
  await expect(text).toMatchFileSnapshot(DOCUMENT);
});
