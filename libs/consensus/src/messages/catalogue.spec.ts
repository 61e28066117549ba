import { describe, expect, it } from 'vitest';
import {
  CATALOGUE,
  declarationOf,
  isTakenBy,
  KINDS,
  kindsTakenBy,
  type Message,
} from './catalogue.js';
import { kind, layout } from './declaration.js';
import { type FieldShape, text, u64 } from './fields.js';

const declarations = KINDS.map((each) => CATALOGUE[each]);

/** The shape of a list's entries, which are one of two. */
function eitherIn(shape: FieldShape): Extract<FieldShape, { type: 'either' }> {
  if (shape.type !== 'list' || shape.of.type !== 'either') throw new Error(shape.type);
  return shape.of;
}

describe('the catalogue of messages', () => {
  it('gives every kind a byte of its own', () => {
    const codes = declarations.map(({ code }) => code);
    expect(new Set(codes).size).toBe(codes.length);
    for (const code of codes) expect(code > 0 && code < 256 && Number.isInteger(code)).toBe(true);
  });

  it('has nothing for what is no kind, however objects understand it', () => {
    expect(declarationOf('vote')).toBe(CATALOGUE.vote);
    for (const other of ['', 'Vote', '__proto__', 'constructor', 'toString']) {
      expect(declarationOf(other)).toBeUndefined();
    }
  });

  it('says of every message that is signed by a member or a client who that is, and signs nothing else', () => {
    for (const { fields, signed, by } of declarations) {
      expect('signature' in fields).toBe(by !== 'anybody');
      expect(signed === 'nothing').toBe(by === 'anybody');
      if (by === 'primary' || by === 'replica') expect(fields).toHaveProperty('replica');
      if (by === 'client') expect(fields).toHaveProperty('client');
    }
  });

  it('gives every kind to one of those who listen', () => {
    expect(kindsTakenBy('core', 'client', 'node')).toEqual(KINDS);
    expect(kindsTakenBy('client')).toEqual(['reply', 'brief-reply', 'answer']);
    expect(kindsTakenBy('node')).toEqual(['query']);
  });

  it('tells who acts on a message', () => {
    const message = { kind: 'query' } as Message;
    expect(isTakenBy(message, 'node')).toBe(true);
    expect(isTakenBy(message, 'core')).toBe(false);
  });

  it('says who signs which kind', () => {
    expect(CATALOGUE.request.by).toBe('client');
    expect(CATALOGUE['pre-prepare'].by).toBe('primary');
    expect(CATALOGUE.vote.by).toBe('replica');
    expect(CATALOGUE.certificate.by).toBe('anybody');
  });

  it('tells apart the forms in which requests travel', () => {
    const { bodies } = CATALOGUE['pre-prepare'].fields;
    const either = eitherIn(bodies.type === 'requests' ? bodies.form : bodies);
    const alone = { client: 'c', timestamp: 1, operation: 'op', signature: 's' };
    const list = { client: 'c', signed: [], signature: 's' };
    expect([alone, list].map(either.isSecond)).toEqual([false, true]);
    const signed = eitherIn(CATALOGUE.requests.fields.signed);
    const one = { timestamp: 1, operation: 'op' };
    expect([one, 'digest'].map(signed.isSecond)).toEqual([false, true]);
  });

  it('does not compile with a message or a layout that has other fields', () => {
    const fields = { view: u64, note: text(8) };
    const rest = { code: 200, by: 'replica', takenBy: 'core', channel: '', maxBytes: 8 } as const;
    // @ts-expect-error there is no field `sequence`
    const wrong = kind({ ...rest, fields, signed: layout(99, 'view', 'sequence') });
    expect(wrong.signed.type).toBe(99);
    // @ts-expect-error `view` is missing
    const incomplete: Message<'suspicion'> = { kind: 'suspicion', replica: 0, signature: 's' };
    expect(incomplete.kind).toBe('suspicion');
    expect(fields.note).toEqual({ type: 'text', max: 8 });
  });
});
