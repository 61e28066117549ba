/**
 * What travels of messages, and what they are when they arrive. Most travel as they are held; requests
 * travel without their digests (`request-forms.ts`), view-changes without theirs.
 */

import {
  CATALOGUE,
  KINDS,
  type MessageKind,
  type Request,
  type TravellingList,
  type TravellingRequest,
  type ViewChange,
} from '@ccro/consensus';
import { deriveRequest, viewChangeDigest } from '@ccro/crypto';
import type { WireMessage } from './codec.js';
import { formOf, listedRequests, type NestedForm, requestsIn } from './request-forms.js';

/** A message as it travels: its kind, and an object that has its fields, and possibly others. */
export interface Travelling {
  readonly kind: MessageKind;
  readonly values: object;
}

export function travelForm(message: WireMessage): Travelling {
  switch (message.kind) {
    case 'request': {
      const kind = message.signedWith === undefined ? 'request' : 'requests';
      return { kind, values: formOf([message]) };
    }
    case 'requests': {
      const [first, ...others] = message.requests;
      if (first === undefined) throw new RangeError('a list of no requests cannot be sent');
      return { kind: message.kind, values: formOf([first, ...others]) };
    }
    default:
      return { kind: message.kind, values: message };
  }
}

/** The fields of each kind that hold requests: there are few. */
const REQUEST_FIELDS: ReadonlyMap<MessageKind, readonly string[]> = new Map(
  KINDS.map((kind) => {
    const { fields } = CATALOGUE[kind];
    const names = Object.entries(fields).filter(([, { type }]) => type === 'requests');
    return [kind, names.map(([name]) => name)] as const;
  }).filter(([, names]) => names.length > 0),
);

/**
 * The message that travelled as `values`, which passed its kind's schema.
 *
 * @param values `kind` and its fields, nothing else
 * @param cluster see `Codec.decode`
 * @returns undefined where there are no requests, or more than a message may have
 */
export function arrivedForm(
  kind: MessageKind,
  values: unknown,
  cluster: string,
): WireMessage | undefined {
  switch (kind) {
    case 'request':
      return deriveRequest(cluster, values as TravellingRequest);
    case 'requests': {
      const requests = listedRequests(values as TravellingList, cluster);
      return requests.length === 0 ? undefined : { kind, requests };
    }
    case 'view-change': {
      const viewChange = values as Omit<ViewChange, 'digest'>;
      return { ...viewChange, digest: viewChangeDigest(cluster, viewChange) };
    }
    default:
      return withRequests(REQUEST_FIELDS.get(kind), values as WireMessage, cluster);
  }
}

function withRequests(
  names: readonly string[] | undefined,
  message: WireMessage,
  cluster: string,
): WireMessage | undefined {
  if (names === undefined) return message;
  const held: Record<string, readonly Request[]> = {};
  for (const name of names) {
    const forms = (message as unknown as Record<string, readonly NestedForm[]>)[name] ?? [];
    const requests = requestsIn(forms, cluster);
    if (requests === undefined) return undefined;
    held[name] = requests;
  }
  return { ...message, ...held };
}
