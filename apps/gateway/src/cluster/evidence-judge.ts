/**
 * Judges the evidence that nodes report by the signatures in it.
 *
 * Invariants kept here:
 * - nothing is `proven` or `signed` before the accused's own signatures were checked here, so a
 *   witness that invents evidence causes at most a suspicion;
 * - bounded work: what was established once is not checked again, and of each witness a few
 *   statements a minute are checked, whatever it shows.
 */

import { Inject, Injectable } from '@nestjs/common';
import {
  decides,
  STANDING_OF,
  type Certificate,
  type Evidence,
  type PrePrepare,
  type ReplicaId,
  type Standing,
  type Vote,
} from '@ccro/consensus';
import { isRejected, Verifier } from '@ccro/crypto';
import { decodeShown } from '@ccro/wire';
import { z } from 'zod';
import { GATEWAY_SETTINGS, type GatewaySettings } from '../settings/gateway.options.js';

/** Statements of each witness that are checked in a minute. */
const CHECKS_PER_MINUTE = 64;
const MINUTE_MS = 60_000;

const pair = z.tuple([z.unknown(), z.unknown()]);
const statements = z.discriminatedUnion('kind', [
  z.looseObject({ kind: z.literal('conflicting-votes'), votes: pair }),
  z.looseObject({ kind: z.literal('conflicting-proposals'), proposals: pair }),
  z.looseObject({
    kind: z.literal('vote-against-decision'),
    vote: z.unknown(),
    certificate: z.unknown(),
  }),
]);

/** A piece of evidence as a node shows it. */
export interface ShownEvidence {
  readonly accused: ReplicaId;
  readonly kind: Evidence['kind'];
  /** The statements as the node reported them, until they are checked. */
  readonly latest?: unknown;
}

@Injectable()
export class EvidenceJudge {
  /** Accused and kind of what was established. */
  private readonly established = new Set<string>();
  private readonly spent = new Map<ReplicaId, { checks: number; sinceMs: number }>();

  constructor(
    @Inject(GATEWAY_SETTINGS) private readonly settings: GatewaySettings,
    private readonly verifier: Verifier,
  ) {}

  /** What `witness` shows is worth. */
  standingOf(witness: ReplicaId, { accused, kind, latest }: ShownEvidence): Standing {
    const most = STANDING_OF[kind];
    if (most === 'suspected') return most;
    const key = `${accused}:${kind}`;
    if (this.established.has(key)) return most;
    if (latest === undefined || !this.mayCheck(witness)) return 'suspected';
    if (!this.holds(accused, kind, latest)) return 'suspected';
    this.established.add(key);
    return most;
  }

  /** Whether statements can make more of it than a suspicion. */
  canBeMore({ kind }: Pick<ShownEvidence, 'kind'>): boolean {
    return STANDING_OF[kind] !== 'suspected';
  }

  private mayCheck(witness: ReplicaId): boolean {
    const nowMs = performance.now();
    const spent = this.spent.get(witness);
    if (spent === undefined || nowMs - spent.sinceMs > MINUTE_MS) {
      this.spent.set(witness, { checks: 1, sinceMs: nowMs });
      return true;
    }
    spent.checks += 1;
    return spent.checks <= CHECKS_PER_MINUTE;
  }

  private holds(accused: ReplicaId, kind: Evidence['kind'], latest: unknown): boolean {
    const parsed = statements.safeParse(latest);
    if (!parsed.success || parsed.data.kind !== kind) return false;
    const { data } = parsed;
    switch (data.kind) {
      case 'conflicting-votes': {
        const [one, other] = data.votes.map((vote) => this.voteOf(accused, vote));
        return one !== undefined && other !== undefined && contradict(one, other);
      }
      case 'conflicting-proposals': {
        const [one, other] = data.proposals.map((each) => this.proposalOf(accused, each));
        return one !== undefined && other !== undefined && contradict(one, other);
      }
      case 'vote-against-decision': {
        const vote = this.voteOf(accused, data.vote);
        const certificate = this.decisiveOf(data.certificate);
        if (vote === undefined || certificate === undefined) return false;
        if (vote.phase === 'checkpoint') return false;
        return isSameSlot(vote, certificate) && vote.digest !== certificate.digest;
      }
    }
  }

  private voteOf(accused: ReplicaId, shown: unknown): Vote | undefined {
    const { message } = decodeShown(shown, this.settings.config.cluster);
    if (message?.kind !== 'vote' || message.replica !== accused) return undefined;
    return this.verifier.verifyVoteSignature(message) ? message : undefined;
  }

  private proposalOf(accused: ReplicaId, shown: unknown): PrePrepare | undefined {
    const { message } = decodeShown(shown, this.settings.config.cluster);
    if (message?.kind !== 'pre-prepare' || message.replica !== accused) return undefined;
    return isRejected(this.verifier.verify(message)) ? undefined : message;
  }

  private decisiveOf(shown: unknown): Certificate | undefined {
    const { message } = decodeShown(shown, this.settings.config.cluster);
    if (message?.kind !== 'certificate') return undefined;
    if (!decides(message, this.settings.config.members.length)) return undefined;
    return isRejected(this.verifier.verify(message)) ? undefined : message;
  }
}

interface Statement {
  readonly phase?: string;
  readonly view: number;
  readonly sequence: number;
  readonly digest: string;
  readonly collector?: ReplicaId;
}

/** Whether no honest replica signs both. */
function contradict(one: Statement, other: Statement): boolean {
  const differs = one.digest !== other.digest || one.collector !== other.collector;
  return one.phase === other.phase && isSameSlot(one, other) && differs;
}

function isSameSlot(one: Statement, other: Statement): boolean {
  return one.view === other.view && one.sequence === other.sequence;
}
