import { Controller, Get, Header, Inject, Param, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiQuery, ApiTags } from '@nestjs/swagger';
import { CcroClient } from '@ccro/client';
import type { Decision, ReplicaId, Request, RequestResult, SequenceNumber } from '@ccro/consensus';
import { isRejected, resultProof, Verifier, type ResultProof } from '@ccro/crypto';
import { ProblemException } from '@ccro/http';
import { ReceiptMaker } from '@ccro/receipt';
import { decodeShown } from '@ccro/wire';
import { z } from 'zod';
import { RouteRule } from '../auth/access.js';
import { CalledBy, type Caller } from '../auth/caller.js';
import { ClusterService, quorumUnreachable } from '../cluster/cluster.service.js';
import { sequenceSchema } from '../ledger/ledger.controller.js';
import { LedgerService } from '../ledger/ledger.service.js';
import { ApiProblems } from '../openapi/openapi.js';
import { requestId } from '../queue/request-sender.js';
import { RequestsService } from '../requests/requests.service.js';
import { GATEWAY_SETTINGS, type GatewaySettings } from '../settings/gateway.options.js';

/** Query of `GET /requests/:id/receipt`. */
const receiptQuerySchema = z.strictObject({ sequence: sequenceSchema.optional() });

type ReceiptQueryDto = z.infer<typeof receiptQuerySchema>;

const answerSchema = z.looseObject({ reply: z.unknown(), lastExecuted: z.int().nonnegative() });

/** What one node says of a request: its proof, that it keeps none, or nothing that can be used. */
type Word = ResultProof | 'not-kept' | undefined;

/**
 * Makes receipts on demand from what the nodes keep, so that they cost nothing otherwise.
 *
 * Invariant kept here: a receipt is handed out only after the check that its reader will make.
 */
@ApiTags('requests')
@Controller('requests/:id/receipt')
export class ReceiptsController {
  constructor(
    @Inject(GATEWAY_SETTINGS) private readonly settings: GatewaySettings,
    private readonly client: CcroClient,
    private readonly cluster: ClusterService,
    private readonly ledger: LedgerService,
    private readonly requests: RequestsService,
    private readonly verifier: Verifier,
    private readonly maker: ReceiptMaker,
  ) {}

  /** The text itself and not an object: a receipt has one spelling. */
  @Get()
  @RouteRule({ shares: 'records' })
  @Header('content-type', 'application/json; charset=utf-8')
  @ApiOperation({ summary: 'Proof of a decision; `npm run verify` checks it offline' })
  @ApiQuery({
    name: 'sequence',
    required: false,
    description: 'Where it was decided: needed for requests that this gateway did not submit',
  })
  @ApiOkResponse({ description: 'A receipt of format ccro-receipt/1, checked' })
  @ApiProblems(
    'invalid-request',
    'not-found',
    'not-decided',
    'overloaded',
    'timestamp-conflict',
    'no-longer-kept',
    'quorum-unreachable',
    'broker-unreachable',
  )
  receipt(
    @Param('id') id: string,
    @Query({ schema: receiptQuerySchema }) { sequence }: ReceiptQueryDto,
    @CalledBy() caller: Caller,
  ): Promise<string> {
    return sequence === undefined ? this.receiptOf(id, caller) : this.receiptIn(sequence, id);
  }

  /**
   * The text of the receipt of request `id`, which is the caller's own.
   *
   * @throws ProblemException `not-found`, `not-decided` while it is pending, `timestamp-conflict`
   *   when it failed, `no-longer-kept` when too few nodes keep what is needed, `quorum-unreachable`
   */
  private async receiptOf(id: string, caller: Caller): Promise<string> {
    const answer = await this.requests.find(id, caller);
    switch (answer.status) {
      case 'pending':
        throw notDecided(id);
      case 'failed':
        throw new ProblemException('timestamp-conflict', answer.detail);
      case 'decided': {
        const decision = await this.ledger.decisionAt(
          answer.sequence,
          (candidate) => this.requestIn(candidate, id) !== undefined,
        );
        return this.assembled(decision, id);
      }
    }
  }

  /**
   * The same of a request that was decided at `sequence`, whoever submitted it.
   *
   * @throws ProblemException as `receiptOf`; `not-found` when it was not decided there
   */
  private async receiptIn(sequence: SequenceNumber, id: string): Promise<string> {
    const decision = await this.ledger.decisionAt(
      sequence,
      // A node that shows the request with a signature that does not hold is passed over.
      (candidate) => !names(candidate, id) || this.requestIn(candidate, id) !== undefined,
    );
    if (names(decision, id)) return this.assembled(decision, id);
    throw new ProblemException('not-found', `${id} was not decided at sequence ${sequence}.`);
  }

  private async assembled(decision: Decision, id: string): Promise<string> {
    const request = this.requestIn(decision, id);
    if (request === undefined) throw new Error('the ledger was asked for a decision that suits');
    const proofs = await this.matchingProofs(decision, request);
    const made = this.maker.make(decision, request, proofs);
    if ('text' in made) return made.text;
    throw new Error(`a receipt of checked parts does not hold: ${made.reason}`);
  }

  private requestIn(decision: Decision, id: string): Request | undefined {
    return this.maker.requestIn(decision, (request) => isNamed(request, id));
  }

  /** Asks as many nodes as are missing, until f+1 signed the same result in the slot. */
  private async matchingProofs(
    decision: Decision,
    request: Request,
  ): Promise<readonly ResultProof[]> {
    const { n, weakQuorum } = this.client.size;
    const byResult = new Map<string, ResultProof[]>();
    let best: readonly ResultProof[] = [];
    let notKept = 0;
    for (let asked = 0; asked < n && best.length < weakQuorum;) {
      const count = Math.min(weakQuorum - best.length, n - asked);
      // Not always the same nodes first: signing is work.
      const nodes = Array.from({ length: count }, (_, at) => (decision.sequence + asked + at) % n);
      asked += count;
      const words = await Promise.all(nodes.map((node) => this.wordOf(node, decision, request)));
      for (const word of words) {
        if (word === 'not-kept') notKept += 1;
        if (word === 'not-kept' || word === undefined) continue;
        const matching = [...(byResult.get(word.result.result) ?? []), word];
        byResult.set(word.result.result, matching);
        if (matching.length > best.length) best = matching;
      }
    }
    if (best.length >= weakQuorum) return best.slice(0, weakQuorum);
    // Those that did not answer could still make up f+1, unless too many say that it is gone.
    if (n - notKept < weakQuorum) throw keptNoLonger(decision, n - notKept, weakQuorum);
    throw tooFewReplies(best.length, weakQuorum);
  }

  private async wordOf(replica: ReplicaId, decision: Decision, request: Request): Promise<Word> {
    const { sequence } = decision;
    const { client, timestamp } = request;
    const query = { type: 'reply', sequence, client, timestamp } as const;
    const given = await this.cluster.answerOf(replica, query);
    const parsed = answerSchema.safeParse(given);
    if (!parsed.success) return undefined;
    const { reply: shown, lastExecuted } = parsed.data;
    if (shown === null) return lastExecuted >= sequence ? 'not-kept' : undefined;
    const { cluster } = this.settings.config;
    const { message } = decodeShown(shown, cluster);
    if (message?.kind !== 'reply' || message.replica !== replica) return undefined;
    if (message.client !== client || isRejected(this.verifier.verifyReply(message)))
      return undefined;
    const index = message.results.findIndex((result) => isOn(result, decision, request));
    return index < 0 ? undefined : resultProof(message, index);
  }
}

/** Whether a request with this id is in a decision. */
function names({ requests }: Decision, id: string): boolean {
  return requests.some((request) => isNamed(request, id));
}

function isNamed({ client, timestamp }: Request, id: string): boolean {
  return requestId(client, timestamp) === id;
}

/** Whether a result says what became of this request in this slot. */
function isOn(result: RequestResult, { sequence, digest }: Decision, request: Request): boolean {
  return (
    result.request === request.digest &&
    result.timestamp === request.timestamp &&
    result.sequence === sequence &&
    result.batch === digest
  );
}

function notDecided(id: string): ProblemException {
  return new ProblemException(
    'not-decided',
    `Request ${id} is pending; ask again when it is decided.`,
    {
      extensions: { id },
      headers: { 'retry-after': '1' },
    },
  );
}

function keptNoLonger({ sequence }: Decision, left: number, required: number): ProblemException {
  return new ProblemException(
    'no-longer-kept',
    `Sequence ${sequence} was decided, but at most ${left} nodes keep its results and ` +
      `${required} have to sign a receipt: nodes without a data directory keep the newest only. ` +
      'Give them one, or ask for receipts soon after the decision.',
  );
}

function tooFewReplies(valid: number, required: number): ProblemException {
  return quorumUnreachable(
    `Only ${valid} nodes signed the same result; ${required} are needed. Ask again later.`,
  );
}
