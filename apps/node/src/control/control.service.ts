import { Inject, Injectable, Logger } from '@nestjs/common';
import { channelNames, type ChannelNames } from '@ccro/broker';
import { MessageSigner, Verifier, Ed25519Scheme } from '@ccro/crypto';
import { FAULT_KINDS, isFaultKind } from '@ccro/faults';
import { encode, parseNodeQuery, type ControlMessage, type NodeQuery, type Query } from '@ccro/wire';
import { NODE_OPTIONS } from '../node.constants.js';
import type { NodeOptions } from '../node-options.js';
import { ReplicaService } from '../replica/replica.service.js';
import { StatusService } from '../status/status.service.js';

/** Queries older or newer than this are refused, so that a recorded one cannot be used later. */
const QUERY_LIFETIME_MS = 30_000;
/** Decisions in one answer at most, so that it stays well under the message limit. */
const MAX_DECISIONS = 100;

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
    const { cluster, members, clients } = facts;
    this.logger = new Logger(`node ${self}`);
    this.channels = channelNames(cluster);
    const scheme = new Ed25519Scheme({ cluster, members });
    this.verifier = new Verifier({ cluster, members, clients, scheme });
    this.signer = new MessageSigner({ cluster, replica: self, secretKey });
    replica.onControlMessage((message) => void this.onControlMessage(message));
  }

  private async onControlMessage(message: ControlMessage): Promise<void> {
    if (message.kind !== 'query') return;
    const query = this.admit(message);
    if (query === undefined) return;
    const answer = await this.answer(query);
    const signed = this.signer.signAnswer({ id: message.id, answer: JSON.stringify(answer) });
    this.replica.runner.publishTo(this.channels.client(message.client), encode(signed));
  }

  /** The query inside, if its client signed it lately and it is not a replay. */
  private admit(message: Query): NodeQuery | undefined {
    const now = Date.now();
    for (const [id, sentAtMs] of this.answered) {
      if (now - sentAtMs > QUERY_LIFETIME_MS) this.answered.delete(id);
    }
    const fresh = Math.abs(now - message.sentAtMs) <= QUERY_LIFETIME_MS;
    if (!fresh || this.answered.has(message.id)) return undefined;
    if (typeof this.verifier.verifyQuery(message) === 'string') return undefined;
    this.answered.set(message.id, message.sentAtMs);
    return parseNodeQuery(message.query);
  }

  private async answer(query: NodeQuery): Promise<unknown> {
    switch (query.type) {
      case 'status':
        return this.status.current();
      case 'ledger':
        return this.decisions(query.from, query.from + Math.min(query.limit, MAX_DECISIONS) - 1);
      case 'decision':
        return this.decisions(query.sequence, query.sequence);
      case 'set-fault':
        return this.setFault(query.fault);
    }
  }

  private async decisions(first: number, last: number): Promise<unknown> {
    const stored = await this.replica.store.decisions(first, last);
    const { lastExecuted } = this.replica.runner.status();
    return { decisions: stored.map(({ decision }) => decision), lastExecuted };
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
