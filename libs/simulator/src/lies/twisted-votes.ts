/**
 * BLS votes altered in pairs: a point is added to one of two valid signatures and subtracted from the
 * other. Neither is valid any more, but their sum is unchanged. That takes no key, only both votes.
 */

import { bls, type BlsSignature, bytes } from '@ccro/primitives';
import { json, type WireMessage } from '@ccro/wire';

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
    const [point, other] = [signature, earlier.signature].map((each) =>
      bytes.from(each, 'base64url'),
    );
    if (point === undefined || other === undefined) return undefined;
    const added = bls.addSignatures([point, point]).toBytes();
    return [
      json.encode({ ...vote, signature: spelt(bls.addSignatures([point, added])) }),
      json.encode({ ...earlier, signature: spelt(bls.addSignatures([other, negated(added)])) }),
    ];
  }

  private remember(statement: string, vote: Vote): void {
    this.firsts.set(statement, vote);
    const [oldest] = this.firsts.keys();
    if (this.firsts.size > REMEMBERED && oldest !== undefined) this.firsts.delete(oldest);
  }
}

/** A point's own negative. */
function negated(point: Uint8Array): Uint8Array {
  const negative = Uint8Array.from(point);
  negative[0] = (negative[0] ?? 0) ^ SIGN_BIT;
  return negative;
}

function spelt(point: BlsSignature): string {
  return bytes.toText(point.toBytes(false), 'base64url');
}
