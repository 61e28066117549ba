/** The codecs there are. All members of a cluster and its clients use the same one. */

import { declarationOf } from '@ccro/consensus';
import type { Codec, Decoded } from './codec.js';
import { compact } from './compact-codec.js';
import { json } from './json-codec.js';

export const CODECS = { json, compact } as const satisfies Record<string, Codec>;

export type CodecName = keyof typeof CODECS;

export const CODEC_NAMES = Object.keys(CODECS) as [CodecName, ...CodecName[]];

export const DEFAULT_CODEC: CodecName = 'json';

/** What came of reading bytes, and the codec that they were read with. */
export type DecodedWith = Decoded & { readonly codec: Codec };

/**
 * Reads as `codec` does, and in the other codecs the kinds by which members and clients find out that
 * they were told different ones.
 */
export function decodeAlsoOthers(codec: Codec, payload: Uint8Array, cluster: string): DecodedWith {
  const decoded = codec.decode(payload, cluster);
  // Every message comes this way: nothing is copied that need not be.
  if (decoded.message !== undefined) return { message: decoded.message, codec };
  if (decoded.rejected !== 'other-codec') return { rejected: decoded.rejected, codec };
  for (const other of Object.values(CODECS)) {
    const { message } = other.decode(payload, cluster);
    if (message === undefined) continue;
    const isRead = declarationOf(message.kind)?.inAnyCodec === true;
    return isRead ? { message, codec: other } : { rejected: decoded.rejected, codec };
  }
  // It begins like a message of another codec, but is not one.
  return { rejected: 'malformed', codec };
}

/**
 * A hint for the log line about differing `settings`, given by name: `CODEC` overrides the cluster file, so
 * when codecs differ, both have to be checked.
 */
export function alsoCodec(settings: readonly string[]): string {
  return settings.includes('codec') ? ', and the same CODEC if it is set' : '';
}

/** The kind of a message of any codec, see `Codec.peek`. */
export function peekKind(payload: Uint8Array): string | undefined {
  return json.peek(payload) ?? compact.peek(payload);
}
