import { Inject, Injectable } from '@nestjs/common';
import { CcroClient } from '@ccro/client';
import type { Certificate, Decision, Digest, SequenceNumber, View } from '@ccro/consensus';
import { Verifier } from '@ccro/crypto';
import { verifiedDecision, type NodeQuery } from '@ccro/wire';
import { z } from 'zod';
import { ProblemException } from '@ccro/http';
import { ClusterService, quorumUnreachable } from '../cluster/cluster.service.js';
import { GATEWAY_SETTINGS, type GatewaySettings } from '../settings/gateway.options.js';
import { Slices } from './slices.js';

/** A decided batch as the ledger shows it. */
export interface LedgerEntry {
  readonly sequence: SequenceNumber;
  readonly view: View;
  readonly digest: Digest;
  readonly requests: readonly {
    readonly client: string;
    readonly timestamp: number;
    readonly digest: Digest;
    /** JSON text, as the client signed it. */
    readonly operation: string;
    readonly signature: string;
  }[];
  readonly certificate: Certificate;
}

/** Answer of `GET /ledger`. */
export interface LedgerPage {
  readonly decisions: readonly LedgerEntry[];
  /** Where to go on; null when nothing more was decided as far as f+1 nodes know. */
  readonly next: SequenceNumber | null;
}

const answerSchema = z.looseObject({
  decisions: z.array(z.unknown()),
  lastExecuted: z.int().nonnegative(),
});

/** What one node said, checked. */
interface Answer {
  readonly decisions: readonly Decision[];
  /** As one node says, unproven. */
  readonly lastExecuted: SequenceNumber;
}

/**
 * Reads decided batches from the nodes. A decision proves itself, so one honest node is enough to
 * show it; that there is none, or that no node keeps it any more, must be said by f+1, of which one is
 * honest.
 */
@Injectable()
export class LedgerService {
  private readonly slices = new Slices();

  constructor(
    @Inject(GATEWAY_SETTINGS) private readonly settings: GatewaySettings,
    private readonly client: CcroClient,
    private readonly cluster: ClusterService,
    private readonly verifier: Verifier,
  ) {}

  /**
   * Decisions from `from` on, `limit` at most, without gaps.
   *
   * @throws ProblemException `quorum-unreachable` when fewer than f+1 nodes give a valid answer,
   * or when `from` was decided and only nodes that do not answer may have it, `no-longer-kept` when
   * it was decided and no node has it
   */
  async page(from: SequenceNumber, limit: number): Promise<LedgerPage> {
    const decisions = await this.read({ type: 'ledger', from, limit }, from, limit);
    const last = decisions.at(-1)?.sequence;
    return {
      decisions: decisions.map(ledgerEntry),
      next: last === undefined ? null : last + 1,
    };
  }

  /** @throws ProblemException `not-found`, `no-longer-kept` or `quorum-unreachable` */
  async at(sequence: SequenceNumber): Promise<LedgerEntry> {
    return ledgerEntry(await this.decisionAt(sequence));
  }

  /**
   * The decision of one slot.
   *
   * @param suits nodes whose decision does not are passed over, as if they had not answered
   * @throws ProblemException as `at`
   */
  async decisionAt(
    sequence: SequenceNumber,
    suits: (decision: Decision) => boolean = () => true,
  ): Promise<Decision> {
    const [decision] = await this.read({ type: 'decision', sequence }, sequence, 1, suits);
    if (decision !== undefined) return decision;
    throw new ProblemException('not-found', `Nothing was decided at sequence ${sequence} yet.`);
  }

  /**
   * Asks one node after the other until the answer is complete, or f+1 gave a valid one; all of
   * them where f+1 have nothing although they executed `from`: another one may have kept it.
   */
  private async read(
    query: NodeQuery,
    from: SequenceNumber,
    limit: number,
    suits: (decision: Decision) => boolean = () => true,
  ): Promise<readonly Decision[]> {
    const { n, weakQuorum } = this.client.size;
    let longest: readonly Decision[] = [];
    const executed: SequenceNumber[] = [];
    const isKeptNoLonger = (): boolean =>
      longest.length === 0 && executed.filter((last) => last >= from).length >= weakQuorum;
    // Not always the same node first: reading is work.
    const start = from % n;
    for (let offset = 0; offset < n; offset += 1) {
      if (executed.length >= weakQuorum && !isKeptNoLonger()) break;
      const given = await this.cluster.answerOf((start + offset) % n, query);
      const answer = await this.checked(given, from, limit);
      if (answer === undefined || !answer.decisions.every(suits)) continue;
      executed.push(answer.lastExecuted);
      if (answer.decisions.length > longest.length) longest = answer.decisions;
      if (longest.length === limit) return longest;
    }
    if (executed.length < weakQuorum) throw tooFewAnswers(executed.length, weakQuorum);
    // A node that did not answer may have it.
    if (isKeptNoLonger()) throw executed.length < n ? heldByTheSilent(from) : keptNoLonger(from);
    return longest;
  }

  /** An answer whose decisions hold and are in order; undefined if it is anything else. */
  private async checked(
    given: unknown,
    from: SequenceNumber,
    limit: number,
  ): Promise<Answer | undefined> {
    const parsed = answerSchema.safeParse(given);
    if (!parsed.success || parsed.data.decisions.length > limit) return undefined;
    const { cluster } = this.settings.config;
    const decisions: Decision[] = [];
    const allHold = await this.slices.every(parsed.data.decisions, (value, index) => {
      const decision = verifiedDecision(value, cluster, this.verifier);
      if (decision?.sequence !== from + index) return false;
      decisions.push(decision);
      return true;
    });
    return allHold ? { decisions, lastExecuted: parsed.data.lastExecuted } : undefined;
  }
}

function tooFewAnswers(valid: number, required: number): ProblemException {
  return quorumUnreachable(`Only ${valid} nodes gave a valid answer; ${required} are needed.`);
}

function heldByTheSilent(sequence: SequenceNumber): ProblemException {
  return quorumUnreachable(
    `Sequence ${sequence} was decided, and of the nodes only those that gave no valid answer may ` +
      'still keep it. Ask again later.',
  );
}

function keptNoLonger(sequence: SequenceNumber): ProblemException {
  return new ProblemException(
    'no-longer-kept',
    `Sequence ${sequence} was decided, but no node keeps it any longer: ` +
      'nodes without a data directory keep the newest ones only.',
  );
}

function ledgerEntry({ sequence, view, digest, requests, certificate }: Decision): LedgerEntry {
  return {
    sequence,
    view,
    digest,
    requests: requests.map(({ client, timestamp, digest: request, operation, signature }) => ({
      client,
      timestamp,
      digest: request,
      operation,
      signature,
    })),
    certificate,
  };
}
