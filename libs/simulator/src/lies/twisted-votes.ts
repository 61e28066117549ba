/**
 * BLS votes twisted in pairs: of two true signatures one has something added and the other has the
 * same taken away. Neither holds any more, and their sum is what it was. Whoever has heard both can
 * do that without any key.
 */

import { json, type WireMessage } from '@ccro/wire';
import blst from '@chainsafe/blst';

type Vote = Extract<WireMessage, { kind: 'vote' }>;

/** Length of a BLS signature on a vote, in characters of base64url. */
const CHARACTERS = 256;
/** Statements of which a vote is remembered until the next one on it comes. */
const REMEMBERED = 64;
/** Of a compressed point's first byte: which of the two points with this x is meant. */
const SIGN_BIT = 0x20;

export class TwistedVotes {
  /** The first vote on each statement. */
  private readonly firsts = new Map<string, Vote>();

  /** Takes a vote that was heard. @returns it and an earlier one, both twisted; or nothing */
  twist(vote: Vote): readonly [Uint8Array, Uint8Array] | undefined {
    const { phase, view, sequence, digest, signature } = vote;
    if (signature.length !== CHARACTERS) return undefined;
    const statement = [phase, view, sequence, digest].join();
    const earlier = this.firsts.get(statement);
    if (earlier === undefined) {
      this.remember(statement, vote);
      return undefined;
    }
    if (earlier.replica === vote.replica) return undefined;
    this.firsts.delete(statement);
    const added = doubled(pointOf(signature));
    return [
      json.encode({ ...vote, signature: sumOf(pointOf(signature), added) }),
      json.encode({ ...earlier, signature: sumOf(pointOf(earlier.signature), negated(added)) }),
    ];
  }

  private remember(statement: string, vote: Vote): void {
    this.firsts.set(statement, vote);
    const [oldest] = this.firsts.keys();
    if (this.firsts.size > REMEMBERED && oldest !== undefined) this.firsts.delete(oldest);
  }
}

function pointOf(signature: string): blst.Signature {
  return blst.Signature.fromBytes(Buffer.from(signature, 'base64url'));
}

function doubled(point: blst.Signature): blst.Signature {
  return blst.aggregateSignatures([point, point]);
}

function negated(point: blst.Signature): blst.Signature {
  const bytes = Uint8Array.from(point.toBytes());
  bytes[0] = (bytes[0] ?? 0) ^ SIGN_BIT;
  return blst.Signature.fromBytes(bytes);
}

function sumOf(a: blst.Signature, b: blst.Signature): string {
  return Buffer.from(blst.aggregateSignatures([a, b]).toBytes(false)).toString('base64url');
}
