/**
 * Messages as readable JSON, `kind` first: `redis-cli psubscribe 'ccro:*'` shows the protocol at
 * work. Nothing here is signed; see `signing-bytes.ts` in `libs/crypto` for what is.
 */

import type {
  BriefReply,
  Certificate,
  ChunkPart,
  Fetch,
  FetchChunk,
  Reply,
  Status,
  Suspicion,
} from '@ccro/consensus';
import { deriveRequest, viewChangeDigest } from '@ccro/crypto';
import type { Codec, Decoded, WireMessage } from './codec.js';
import type { ControlMessage } from './control-messages.js';
import {
  MAX_CERTIFICATE_BYTES,
  MAX_MESSAGE_BYTES,
  MAX_QUERY_BYTES,
  MAX_REQUEST_BYTES,
  MAX_SMALL_MESSAGE_BYTES,
} from './limits.js';
import { nestsTooDeep } from './nesting.js';
import { formOf, listedRequests, nestedForms, requestsIn } from './request-forms.js';
import { CHECKS } from './schemas.js';

const KIND_PREFIX = Buffer.from('{"kind":"', 'latin1');
const QUOTE = 0x22;
const MAX_KIND_BYTES = 16;

// A byte order mark is no part of JSON, so it is kept and fails to parse.
const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** How one kind is read. */
interface Reader {
  readonly maxBytes: number;
  readonly read: (value: unknown, cluster: string) => WireMessage | undefined;
}

const reader = (maxBytes: number, read: Reader['read']): Reader => ({ maxBytes, read });

/** Reads what travels just as the core knows it. */
function asItIs<M extends WireMessage>(
  maxBytes: number,
  schema: { Check(value: unknown): value is M },
): Reader {
  return reader(maxBytes, (value) => (schema.Check(value) ? value : undefined));
}

/** A map and not an object: a peer's `kind` may be `__proto__`. */
const READERS: ReadonlyMap<string, Reader> = new Map<WireMessage['kind'], Reader>([
  ['request', reader(MAX_REQUEST_BYTES, readRequest)],
  ['requests', reader(MAX_MESSAGE_BYTES, readRequests)],
  ['pre-prepare', reader(MAX_MESSAGE_BYTES, readPrePrepare)],
  ['vote', asItIs(MAX_SMALL_MESSAGE_BYTES, CHECKS.vote)],
  ['certificate', asItIs(MAX_CERTIFICATE_BYTES, CHECKS.certificate)],
  ['suspicion', asItIs(MAX_SMALL_MESSAGE_BYTES, CHECKS.suspicion)],
  ['status', asItIs(MAX_SMALL_MESSAGE_BYTES, CHECKS.status)],
  ['fetch', asItIs(MAX_SMALL_MESSAGE_BYTES, CHECKS.fetch)],
  ['fetch-chunk', asItIs(MAX_SMALL_MESSAGE_BYTES, CHECKS.fetchChunk)],
  ['chunk-part', asItIs(MAX_MESSAGE_BYTES, CHECKS.chunkPart)],
  ['decision', reader(MAX_MESSAGE_BYTES, readDecision)],
  ['view-change', reader(MAX_MESSAGE_BYTES, readViewChange)],
  ['new-view', asItIs(MAX_MESSAGE_BYTES, CHECKS.newView)],
  ['reply', asItIs(MAX_MESSAGE_BYTES, CHECKS.reply)],
  ['brief-reply', asItIs(MAX_SMALL_MESSAGE_BYTES, CHECKS.briefReply)],
  ['query', asItIs(MAX_QUERY_BYTES, CHECKS.query)],
  ['answer', asItIs(MAX_MESSAGE_BYTES, CHECKS.answer)],
]);

/** See `Codec.encode`. Properties beyond the message's own are left out. */
export function encode(message: WireMessage): Buffer {
  return Buffer.from(JSON.stringify(travelForm(message)), 'utf8');
}

/** See `Codec.decode`. */
export function decode(payload: Uint8Array, cluster: string): Decoded {
  if (payload.length > MAX_MESSAGE_BYTES) return { rejected: 'oversized' };
  const kind = peekKind(payload);
  if (kind === undefined) return { rejected: 'malformed' };
  const chosen = READERS.get(kind);
  if (chosen === undefined) return { rejected: 'unknown-kind' };
  if (payload.length > chosen.maxBytes) return { rejected: 'oversized' };
  if (nestsTooDeep(payload)) return { rejected: 'malformed' };
  let value: unknown;
  try {
    value = JSON.parse(UTF8.decode(payload));
  } catch {
    return { rejected: 'malformed' };
  }
  // The reader is chosen by the first `kind` and demands it of the parsed value, so a second
  // `kind` that says something else is refused.
  const message = chosen.read(value, cluster);
  return message === undefined ? { rejected: 'malformed' } : { message };
}

/** See `Codec.peek`. */
export function peekKind(payload: Uint8Array): string | undefined {
  const start = KIND_PREFIX.length;
  for (let index = 0; index < start; index += 1) {
    if (payload[index] !== KIND_PREFIX[index]) return undefined;
  }
  const end = payload.indexOf(QUOTE, start);
  if (end < 0 || end - start > MAX_KIND_BYTES) return undefined;
  return String.fromCharCode(...payload.subarray(start, end));
}

/** Readable JSON, the default. */
export const json: Codec = { name: 'json', encode, decode, peek: peekKind };

/** What `JSON.stringify` gets: `kind` first, then everything that travels. */
function travelForm(message: WireMessage): object {
  switch (message.kind) {
    case 'request': {
      const kind = message.signedWith === undefined ? 'request' : 'requests';
      return { kind, ...formOf([message]) };
    }
    case 'requests': {
      const [first, ...others] = message.requests;
      if (first === undefined) throw new RangeError('a list of no requests cannot be sent');
      return { kind: message.kind, ...formOf([first, ...others]) };
    }
    case 'pre-prepare': {
      const { kind, view, sequence, digest, requests, bodies, collector, replica } = message;
      const nested = nestedForms(bodies);
      const { signature } = message;
      return {
        kind,
        view,
        sequence,
        digest,
        requests,
        bodies: nested,
        collector,
        replica,
        signature,
      };
    }
    case 'vote':
      return voteForm(message);
    case 'certificate':
      return certificateForm(message);
    case 'view-change': {
      const { kind, view, stable, slots, replica, signature } = message;
      return { kind, view, stable, slots, replica, signature };
    }
    case 'new-view': {
      const { kind, view, viewChanges, reproposals, replica, signature } = message;
      return { kind, view, viewChanges, reproposals, replica, signature };
    }
    case 'suspicion':
    case 'status':
    case 'fetch':
    case 'fetch-chunk':
    case 'chunk-part':
      return replicaForm(message);
    case 'decision': {
      const { kind, sequence, view, digest, requests, certificate } = message;
      const nested = nestedForms(requests);
      const proof = certificateForm(certificate);
      return { kind, sequence, view, digest, requests: nested, certificate: proof };
    }
    case 'reply':
    case 'brief-reply':
    case 'query':
    case 'answer':
      return clientForm(message);
  }
}

/** What replicas tell and ask each other besides ordering requests. */
function replicaForm(message: Suspicion | Status | Fetch | FetchChunk | ChunkPart): object {
  switch (message.kind) {
    case 'suspicion': {
      const { kind, view, replica, signature } = message;
      return { kind, view, replica, signature };
    }
    case 'status': {
      const { kind, replica, view, lastExecuted, attempt, asks, settings, run, answers } = message;
      const { signature } = message;
      const said = { view, lastExecuted, attempt, asks, settings, run, answers };
      return { kind, replica, ...said, signature };
    }
    case 'fetch': {
      const { kind, replica, sequence, digest, signature } = message;
      return { kind, replica, sequence, digest, signature };
    }
    case 'fetch-chunk': {
      const { kind, replica, sequence, chunk, part, signature } = message;
      return { kind, replica, sequence, chunk, part, signature };
    }
    case 'chunk-part': {
      const { kind, replica, sequence, chunk, part, parts, text, signature } = message;
      return { kind, replica, sequence, chunk, part, parts, text, signature };
    }
  }
}

/** What travels between clients and replicas only. */
function clientForm(message: Reply | BriefReply | ControlMessage): object {
  switch (message.kind) {
    case 'reply': {
      const { kind, replica, client, view, results, tally, collector, signature } = message;
      return { kind, replica, client, view, results, tally, collector, signature };
    }
    case 'brief-reply': {
      const { kind, replica, client, view, root, tally, collector, signature } = message;
      return { kind, replica, client, view, root, tally, collector, signature };
    }
    case 'query': {
      const { kind, id, client, replica, session, counter, query, signature } = message;
      return { kind, id, client, replica, session, counter, query, signature };
    }
    case 'answer': {
      const { kind, id, replica, answer, signature } = message;
      return { kind, id, replica, answer, signature };
    }
  }
}

function voteForm(vote: Extract<WireMessage, { kind: 'vote' }>): object {
  const { kind, phase, view, sequence, digest, replica, attempt, collector, signature } = vote;
  const told = collector === undefined ? {} : { collector };
  return { kind, phase, view, sequence, digest, replica, attempt, ...told, signature };
}

function certificateForm({ kind, phase, view, sequence, digest, proof }: Certificate): Certificate {
  const { scheme, signers, signatures } = proof;
  return { kind, phase, view, sequence, digest, proof: { scheme, signers, signatures } };
}

function readRequest(value: unknown, cluster: string): WireMessage | undefined {
  return CHECKS.request.Check(value) ? deriveRequest(cluster, value) : undefined;
}

function readRequests(value: unknown, cluster: string): WireMessage | undefined {
  if (!CHECKS.requests.Check(value)) return undefined;
  const requests = listedRequests(value, cluster);
  return requests.length === 0 ? undefined : { kind: 'requests', requests };
}

function readPrePrepare(value: unknown, cluster: string): WireMessage | undefined {
  if (!CHECKS.prePrepare.Check(value)) return undefined;
  const bodies = requestsIn(value.bodies, cluster);
  return bodies && { ...value, bodies };
}

function readViewChange(value: unknown, cluster: string): WireMessage | undefined {
  if (!CHECKS.viewChange.Check(value)) return undefined;
  return { ...value, digest: viewChangeDigest(cluster, value) };
}

function readDecision(value: unknown, cluster: string): WireMessage | undefined {
  if (!CHECKS.decision.Check(value)) return undefined;
  const requests = requestsIn(value.requests, cluster);
  return requests && { ...value, requests };
}
