import type { Message } from '@ccro/consensus';

// The first byte of a message tells its codec, so that a node with another one can say so.

/** A bracket: what every message in JSON begins with. */
export const JSON_START = 0x7b;

/** No text in UTF-8 has this byte. Another version of the compact form begins with another such byte. */
export const COMPACT_START = 0xc1;

/** Everything that travels over the broker. */
export type WireMessage = Message;

/** What came of reading untrusted bytes. */
export type Decoded =
  | { readonly message: WireMessage; readonly rejected?: never }
  | { readonly rejected: Unreadable; readonly message?: never };

/** Why bytes are no message. `other-codec`: they may be one in another codec. */
export type Unreadable = 'oversized' | 'malformed' | 'unknown-kind' | 'other-codec';

/** Turns messages into bytes and back. All members of a cluster use the same one. */
export interface Codec {
  /** As configuration spells it. */
  readonly name: string;
  /** Bytes of a message. Encode once per send, however many it goes to. */
  encode(message: WireMessage): Uint8Array;
  /**
   * Reads untrusted bytes: a message of the right shape and size, nothing more. Signatures,
   * digests and membership are for `Verifier` to check. Never throws.
   *
   * @param cluster the cluster id, from which request digests are derived
   */
  decode(payload: Uint8Array, cluster: string): Decoded;
  /**
   * The message's kind, read without parsing: a cheap way to drop what nobody here wants. What
   * `decode` returns has this kind.
   */
  peek(payload: Uint8Array): string | undefined;
}
