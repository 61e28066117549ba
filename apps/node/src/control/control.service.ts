import { Inject, Injectable, Logger } from '@nestjs/common';
import { channelNames, type ChannelNames } from '@ccro/broker';
import type { ClientId, RejectCode } from '@ccro/consensus';
import { createVerification, MessageSigner, type Verifier } from '@ccro/crypto';
import { FAULT_KINDS, isFaultKind } from '@ccro/faults';
import { json, parseNodeQuery, type NodeQuery, type Query } from '@ccro/wire';
import { NODE_OPTIONS } from '../node.constants.js';
import type { NodeOptions } from '../node-options.js';
import { ReplicaService } from '../replica/replica.service.js';
import { StatusService } from '../status/status.service.js';

/** Queries older or newer than this are refused, so that a recorded one cannot be used later. */
const QUERY_LIFETIME_MS = 30_000;
/** Characters of decisions in one answer at most: it stays well under the message limit. */
const MAX_ANSWER_CHARACTERS = 256 * 1024;

type ReplyQuery = Extract<NodeQuery, { readonly type: 'reply' }>;

/** Answers the gateway's signed questions about this node. */
@Injectable()
export class ControlService {
  private readonly logger: Logger;
  private readonly channels: ChannelNames;
  private readonly verifier: Verifier;
  private readonly signer: MessageSigner;
  /** Ids of queries answered lately, against replay; emptied with their lifetime. */
  private readonly answered = new Map<string, number>();

  constructor(
    @Inject(NODE_OPTIONS) private readonly options: NodeOptions,
    private readonly replica: ReplicaService,
    private readonly status: StatusService,
  ) {
    const { facts, self, secretKey } = options;
    const { cluster } = facts;
    this.logger = new Logger(`node ${self}`);
    this.channels = channelNames(cluster);
    this.verifier = createVerification(facts).verifier;
    this.signer = new MessageSigner({ cluster, replica: self, secretKey });
    replica.onQuery((query) => {
      this.onQuery(query).catch((error: unknown) => replica.fail(error));
    });
  }

  private async onQuery(message: Query): Promise<void> {
    const query = this.admit(message);
    if (query === undefined) return;
    const signed = this.signer.signAnswer({
      kind: 'answer' as const,
      id: message.id,
      replica: this.options.self,
      answer: JSON.stringify(await this.answer(query, message.client)),
    });
    this.replica.runner.publishTo(this.channels.client(message.client), json.encode(signed));
  }

  /** The query inside, if its client signed it lately and it is not a replay. */
  private admit(message: Query): NodeQuery | undefined {
    const now = Date.now();
    for (const [id, sentAtMs] of this.answered) {
      if (now - sentAtMs > QUERY_LIFETIME_MS) this.answered.delete(id);
    }
    const refusal = this.refusalOf(message, now);
    if (refusal !== undefined) {
      this.replica.runner.countReject(refusal, message.client);
      return undefined;
    }
    this.answered.set(message.id, message.sentAtMs);
    return parseNodeQuery(message.query);
  }

  private refusalOf(message: Query, nowMs: number): RejectCode | undefined {
    if (message.replica !== this.options.self) return 'unsolicited';
    if (Math.abs(nowMs - message.sentAtMs) > QUERY_LIFETIME_MS) return 'expired';
    if (this.answered.has(message.id)) return 'duplicate';
    return this.verifier.refuseQuery(message);
  }

  private async answer(query: NodeQuery, client: ClientId): Promise<unknown> {
    switch (query.type) {
      case 'status':
        return this.status.current();
      case 'newest-timestamp':
        return { newest: this.replica.runner.newestTimestamp(client) ?? -1 };
      case 'ledger':
        return this.decisions(query.from, query.limit);
      case 'decision':
        return this.decisions(query.sequence, 1);
      case 'reply':
        return this.replyTo(query);
      case 'set-fault':
        return this.setFault(query.fault);
    }
  }

  /**
   * This node's word on one request that it executed: what it replied then, signed anew, for as
   * long as it keeps the decision. The counts of votes are 0 when the slot has left the window.
   */
  private async replyTo({ sequence, client, timestamp }: ReplyQuery): Promise<unknown> {
    const { lastExecuted } = this.replica.runner.status();
    const [stored] = await this.replica.store.decisions(sequence, sequence);
    const request = stored?.decision.requests.find(
      (each) => each.client === client && each.timestamp === timestamp,
    );
    const result = stored?.results.find((each) => each.request === request?.digest);
    if (stored === undefined || result === undefined) return { reply: null, lastExecuted };
    const reply = this.signer.sign({
      kind: 'reply',
      replica: this.options.self,
      client,
      view: stored.decision.view,
      results: [result],
      tally: this.replica.runner.tally(sequence) ?? { correct: 0, corrupt: 0 },
    });
    return { reply: JSON.parse(json.encode(reply).toString()), lastExecuted };
  }

  /** Decided slots from `from` on: as many of them as fit into one answer. */
  private async decisions(from: number, limit: number): Promise<unknown> {
    const stored = await this.replica.store.decisions(from, from + limit - 1);
    const decisions: unknown[] = [];
    let characters = 0;
    for (const { decision } of stored) {
      const text = json.encode(decision).toString();
      characters += text.length;
      if (characters > MAX_ANSWER_CHARACTERS && decisions.length > 0) break;
      decisions.push(JSON.parse(text));
    }
    return { decisions, lastExecuted: this.replica.runner.status().lastExecuted };
  }

  private setFault(fault: string | null): unknown {
    if (!this.options.faultInjection) return { error: 'fault injection is off' };
    if (fault !== null && !isFaultKind(fault)) {
      return { error: `unknown fault; one of ${FAULT_KINDS.join(', ')}` };
    }
    this.replica.setFault(fault ?? undefined);
    this.logger.log(fault === null ? 'this node is honest again' : `fault set: ${fault}`);
    return { fault };
  }
}
