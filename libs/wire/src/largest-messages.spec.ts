import {
  DEFAULT_REPLICA_CONFIG,
  MAX_MEMBERS,
  MAX_MESSAGE_BYTES,
  MAX_OPERATION_CHARACTERS,
  MAX_REQUEST_BYTES,
  MAX_SIGNED_TOGETHER,
  type Request,
} from '@ccro/consensus';
import { requestDigest } from '@ccro/crypto';
import { describe, expect, it } from 'vitest';
import type { WireMessage } from './codec.js';
import { CODECS } from './codecs.js';

const CLUSTER = 'local';
const signature = 'A'.repeat(86);
const digest = 'ab'.repeat(32);
const largest = Number.MAX_SAFE_INTEGER;
const { maxBatchRequests, maxBatchCharacters } = DEFAULT_REPLICA_CONFIG;

/** One byte in UTF-8 and six in JSON; two, three and four bytes; a quote. */
const CHARACTERS = ['\u0001', 'é', '\uffff', '\u{1f600}', '"', 'x'];

/** A request on the longest list, all others of which are there as digests. */
function request(timestamp: number, operation: string): Request {
  const client = 'c'.repeat(64);
  const own = requestDigest(CLUSTER, client, timestamp, operation);
  const others = Array.from({ length: MAX_SIGNED_TOGETHER - 1 }, (_, at) =>
    (timestamp * MAX_SIGNED_TOGETHER + at).toString(16).padStart(64, 'f'),
  );
  const signedWith = [own, ...others];
  return { kind: 'request', client, timestamp, operation, digest: own, signature, signedWith };
}

/** The largest batch: as many requests and characters as one may have, each on a list of its own. */
function batch(character: string): Request[] {
  const each = maxBatchCharacters / maxBatchRequests / character.length;
  return Array.from({ length: maxBatchRequests }, (_, at) =>
    request(largest - maxBatchRequests + at, character.repeat(each)),
  );
}

const certificate = {
  kind: 'certificate',
  phase: 'commit',
  view: largest,
  sequence: largest,
  digest,
  proof: {
    scheme: 'ed25519',
    signers: Array.from({ length: MAX_MEMBERS }, (_, signer) => signer),
    signatures: Array.from({ length: MAX_MEMBERS }, () => signature),
  },
} as const;

function travels(message: WireMessage, maxBytes = MAX_MESSAGE_BYTES): void {
  for (const codec of Object.values(CODECS)) {
    const payload = codec.encode(message);
    expect(payload.length).toBeLessThanOrEqual(maxBytes);
    expect(codec.decode(payload, CLUSTER)).toHaveProperty('message');
  }
}

describe('A2, sibling: what is accepted can be sent, whatever its characters take in JSON', () => {
  it.each(CHARACTERS)(
    'A2, sibling: the largest request of %j, alone and on a list',
    (character) => {
      const operation = character.repeat(MAX_OPERATION_CHARACTERS / character.length);
      const listed = request(largest, operation);
      const { signedWith: _, ...alone } = listed;
      travels(alone, MAX_REQUEST_BYTES);
      travels(listed);
      travels({ kind: 'decision', ...slot, requests: [listed], certificate });
    },
  );

  const slot = { view: largest, sequence: largest, digest };

  it.each(['\u0001', '\uffff', 'x'])(
    'A2, sibling: the largest batch of %j, proposed and decided',
    (character) => {
      const requests = batch(character);
      travels({ kind: 'decision', ...slot, requests, certificate });
      const digests = requests.map((each) => each.digest);
      const proposal = { ...slot, requests: digests, bodies: requests, collector: 1023, signature };
      travels({ kind: 'pre-prepare', ...proposal, replica: 1023 });
    },
  );
});
