/**
 * The shapes of messages as they travel, compiled once. Unknown properties are refused: what is
 * not checked must not get in.
 */

import { CATALOGUE, KINDS, type MessageKind } from '@ccro/consensus';
import Type from 'typebox';
import { Compile, type Validator } from 'typebox/compile';
import { propertiesOf, STRICT } from './fields.js';

export const CHECKS: ReadonlyMap<MessageKind, Validator> = new Map(
  KINDS.map((kind) => [kind, check(kind)]),
);

function check(kind: MessageKind): Validator {
  const properties = propertiesOf(CATALOGUE[kind].fields);
  return Compile(Type.Object({ kind: Type.Literal(kind), ...properties }, STRICT));
}
