/** What an outsider without keys can make of requests that were signed together, or alone. */

import { appendOperation } from '@ccro/state-machine';
import type { Random } from '../random.js';

/** A request, or several of one list, in the shape in which they travel. */
type Form = Record<string, unknown>;
type Entry = string | { readonly timestamp: number; readonly operation: string };

const FORGED = appendOperation('nobody signed this');
/** Far enough above what clients use to be new to everyone. */
const TIMESTAMP_STEP = 500;

/**
 * The same requests said in another way. Some of these are true, as a list of which a part travels
 * is; the signature does not hold on the others.
 */
export function alteredRequests(form: Form, random: Random): Form {
  const list = entriesOf(form);
  return list === undefined ? alteredRequest(form, random) : alteredList(form, list, random);
}

/** Whether this is a list of requests, which has to be said in another way than one alone. */
export function isList(form: Form): boolean {
  return entriesOf(form) !== undefined;
}

function alteredList(form: Form, list: readonly Entry[], random: Random): Form {
  const at = random.below(list.length);
  const { client, signature } = form;
  const without = list.filter((_, index) => index !== at);
  const [timestamp] = list.flatMap((entry) => (typeof entry === 'string' ? [] : entry.timestamp));
  const forged = { timestamp: (timestamp ?? 1) + TIMESTAMP_STEP, operation: FORGED };
  switch (random.below(6)) {
    case 0:
      return { ...form, signed: list.with(at, forged) };
    case 1:
      return { ...form, signed: [...list, forged] };
    case 2:
      return { ...form, signed: without.length === 0 ? [forged] : without };
    case 3:
      return { ...form, signed: list.with(at, '0'.repeat(64)) };
    case 4:
      return { ...form, signed: random.shuffled(list) };
    default: {
      const entry = list[at];
      const alone = typeof entry === 'object' ? entry : forged;
      const kind = 'kind' in form ? { kind: 'request' } : {};
      return { ...kind, client, ...alone, signature };
    }
  }
}

/** One request that was signed alone, as a list with that signature. */
function alteredRequest(form: Form, random: Random): Form {
  const { client, timestamp, operation, signature } = form;
  const kind = 'kind' in form ? { kind: 'requests' } : {};
  const forged = { timestamp: Number(timestamp) + TIMESTAMP_STEP, operation: FORGED };
  const signed = random.chance(0.5)
    ? [{ timestamp, operation }]
    : [{ timestamp, operation }, forged];
  return { ...kind, client, signed, signature };
}

function entriesOf({ signed }: Form): readonly Entry[] | undefined {
  return Array.isArray(signed) ? (signed as readonly Entry[]) : undefined;
}
