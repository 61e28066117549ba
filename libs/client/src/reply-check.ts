/**
 * Which replies a client looks at: those for it, with the signature of the member that they name.
 *
 * Invariant kept here (bounded work): anybody who may publish on the client's channel may name any member.
 * Checks that fail take a limited part of a processor's time; beyond that, replies under a name whose checks
 * failed lately are dropped. Requests are sent again, so their replies come again.
 */

import type { Clock } from '@ccro/clock';
import type { BriefReply, ClientId, Reply } from '@ccro/consensus';
import { Doubt, type Origin, type Verifier } from '@ccro/crypto';
import { charactersOf } from './brief-replies.js';
import type { Rejections } from './rejections.js';

/** Milliseconds that a check of a short reply takes at most, and what each character of results adds. */
const LONGEST_CHECK_MS = { least: 0.2, character: 1e-5 } as const;

export interface ReplyCheckParts {
  readonly client: ClientId;
  /** Number of replicas. */
  readonly n: number;
  readonly verifier: Verifier;
  readonly clock: Clock;
  readonly rejections: Rejections;
}

export class ReplyCheck {
  private readonly doubt: Doubt;

  constructor(private readonly parts: ReplyCheckParts) {
    this.doubt = new Doubt(parts.clock);
  }

  /** Whether it may hold: it is for this client, and names a member. Cheap. */
  mayHold({ client, replica }: Reply | BriefReply): boolean {
    return client === this.parts.client && replica < this.parts.n;
  }

  /** Whether it holds. What does not is counted. */
  accepts(reply: Reply | BriefReply): boolean {
    const { client, verifier, rejections } = this.parts;
    const isMine = reply.client === client;
    const verified = isMine
      ? this.doubt.check(originOf(reply), () => verifier.verifyReply(reply))
      : 'misdirected';
    if (typeof verified === 'string') rejections.count(verified);
    return typeof verified !== 'string';
  }
}

function originOf(reply: Reply | BriefReply): Origin {
  const characters = reply.kind === 'reply' ? charactersOf(reply.results) : 0;
  const { least, character } = LONGEST_CHECK_MS;
  const longestMs = least + characters * character;
  return { name: `member ${reply.replica}`, route: 'replies', longestMs };
}
