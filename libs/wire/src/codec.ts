import type { Message } from '@ccro/consensus';

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
