import { Inject, Injectable, Logger } from '@nestjs/common';
import { channelNames, type ChannelNames } from '@ccro/broker';
import { systemClock } from '@ccro/clock';
import type { ClientId, Decision, RejectCode, RequestResult } from '@ccro/consensus';
import { createVerification, MessageSigner, type Origin, type Verifier } from '@ccro/crypto';
import { FAULT_KINDS, isFaultKind } from '@ccro/faults';
import { LimitedLog } from '@ccro/program';
import { type Codec, json, parseNodeQuery, type NodeQuery, type Query } from '@ccro/wire';
import { NODE_OPTIONS, type NodeOptions } from '../node-options.js';
import { ReplicaService } from '../replica/replica.service.js';
import { StatusService } from '../status/status.service.js';
import { KIND_OF, QueryBudget, type QueryKind } from './query-budget.js';
import { QueryMeter, type Amount } from './query-meter.js';
import { QuerySession } from './query-session.js';
import { QueryTurns } from './query-turns.js';

/** Characters of decisions, or of results, in one answer at most: it stays well under the message limit. */
const MAX_ANSWER_CHARACTERS = 256 * 1024;
/** Characters of the store that are read for one answer at most. */
const MAX_READ_CHARACTERS = 4 * MAX_ANSWER_CHARACTERS;
/** Decisions read from the store in one go. */
const PAGE = 16;

/** A signature, a certificate's part and what stands around them, beside an operation or result. */
const CHARACTERS_EACH = 512;

const now = (): number => systemClock.now();

type ReplyQuery = Extract<NodeQuery, { readonly type: 'reply' }>;
type PromptQuery = Extract<
  NodeQuery,
  { readonly type: 'status' | 'newest-timestamp' | 'set-fault' }
>;
type StoreQuery = Exclude<NodeQuery, PromptQuery>;

/** Answers the gateway's signed questions about this node. */
@Injectable()
export class ControlService {
  private readonly logger: Logger;
  private readonly channels: ChannelNames;
  private readonly verifier: Verifier;
  private readonly signer: MessageSigner;
  private readonly session = new QuerySession();
  private readonly budget = new QueryBudget(now);
  private readonly turns = new QueryTurns(systemClock, this.budget);
  /** Any client can cause them as often as it likes. */
  private readonly refusals: LimitedLog;

  constructor(
    @Inject(NODE_OPTIONS) private readonly options: NodeOptions,
    private readonly replica: ReplicaService,
    private readonly status: StatusService,
  ) {
    const { facts, self, secretKey } = options;
    const { cluster } = facts;
    this.logger = new Logger(`node ${self}`);
    this.refusals = new LimitedLog((line) => this.logger.warn(line));
    this.channels = channelNames(cluster);
    this.verifier = createVerification(facts).verifier;
    this.signer = new MessageSigner({ cluster, replica: self, secretKey });
    replica.onQuery((query, codec) => {
      this.onQuery(query, codec).catch((error: unknown) => replica.fail(error));
    });
  }

  private async onQuery(message: Query, codec: Codec): Promise<void> {
    const { client } = message;
    const meter = new QueryMeter(now);
    const kind = this.session.isFresh(message) ? 'prompt' : 'retry';
    const refusal = meter.work(() => this.refusalOf(message, kind));
    if (refusal !== undefined) {
      this.replica.runner.countReject(refusal, client);
      return;
    }
    const query = meter.work(() => this.promptly(message, codec, meter));
    this.budget.spend(client, kind, meter.cost);
    if (query === undefined) return;
    const isAnswered = await this.turns.take(client, KIND_OF[query.type], async () => {
      const reading = new QueryMeter(now);
      const answer = await this.read(query, reading);
      reading.work(() => reading.sent(this.send(message, answer, codec)));
      return reading.cost;
    });
    if (!isAnswered) this.replica.runner.countReject('throttled', client);
  }

  /** Answers a query whose signature holds at once. @returns undefined, or the query that takes reading */
  private promptly(message: Query, codec: Codec, meter: QueryMeter): StoreQuery | undefined {
    const retry = this.session.take(message);
    const query = retry === undefined ? parseNodeQuery(message.query) : undefined;
    if (query !== undefined && !isPrompt(query)) return query;
    const answer = query === undefined ? retry && { retry } : this.told(query, message.client);
    if (answer !== undefined) meter.sent(this.send(message, answer, codec));
    return undefined;
  }

  /** Cheap checks first: a query that is repeated, or beyond its client's budget, costs no signature. */
  private refusalOf(message: Query, kind: QueryKind): RejectCode | undefined {
    if (message.replica !== this.options.self) return 'unsolicited';
    if (this.session.isReplay(message)) return 'duplicate';
    if (!this.budget.allows(message.client, kind)) return 'throttled';
    return this.replica.runner.doubt.check(this.originOf(message), () =>
      this.verifier.refuseQuery(message),
    );
  }

  /**
   * Those that name their client's session have a name and a budget of their own: outsiders do not know
   * it, so what they sign in vain says nothing of these. Should it be seen, both are bounded.
   */
  private originOf(message: Query): Origin {
    const name = `client ${message.client}`;
    if (!this.session.isNamedIn(message)) return { name, route: 'queries' };
    return { name: `${name}, in its session`, route: 'queries in a session' };
  }

  /**
   * In the codec of the query: its sender may be about to learn that the cluster uses another one.
   *
   * @returns how many bytes it has
   */
  private send({ id, client }: Query, answer: unknown, codec: Codec): number {
    const { self: replica } = this.options;
    const statement = { kind: 'answer', id, replica, answer: JSON.stringify(answer) } as const;
    const signed = this.signer.signAnswer(statement);
    const payload = codec.encode(signed);
    this.replica.runner.publishTo(this.channels.client(client), payload);
    return payload.length;
  }

  /** What takes no reading: it stands in no line with what does. */
  private told(query: PromptQuery, client: ClientId): unknown {
    switch (query.type) {
      case 'status':
        return this.status.current();
      case 'newest-timestamp':
        return {
          newest: this.replica.runner.newestTimestamp(client) ?? -1,
          settings: this.options.facts.settings,
        };
      case 'set-fault':
        return this.setFault(query.fault, client);
    }
  }

  private read(query: StoreQuery, meter: QueryMeter): Promise<unknown> {
    switch (query.type) {
      case 'ledger':
        return this.decisions(query.from, query.limit, meter);
      case 'decision':
        return this.decisions(query.sequence, 1, meter);
      case 'reply':
        return this.signAgain(query, meter);
    }
  }

  /**
   * This node's reply to one request that it executed: what it replied then, signed anew, for as
   * long as it keeps the decision. The counts of votes are 0 when the slot has left the window.
   */
  private async signAgain(query: ReplyQuery, meter: QueryMeter): Promise<unknown> {
    const { sequence, client, timestamp, others = false } = query;
    const { lastExecuted } = this.replica.runner.status();
    const stored = await meter.read(
      () => this.replica.store.result(sequence, client, timestamp),
      (found) => amountOf(found === undefined ? [] : [found.decision], found?.rest),
    );
    if (stored === undefined) return { reply: null, lastExecuted };
    const { decision, result, rest } = stored;
    return meter.work(() => {
      const reply = this.signer.sign({
        kind: 'reply',
        replica: this.options.self,
        client,
        view: decision.view,
        results: others ? fitting([result, ...rest]) : [result],
        tally: this.replica.runner.tally(sequence) ?? { correct: 0, corrupt: 0 },
      });
      return { reply: JSON.parse(json.encode(reply).toString()), lastExecuted };
    });
  }

  /**
   * Decided slots from `from` on: as many of them as fit into one answer. They are read a page at
   * a time, and no page is read for what does not fit.
   */
  private async decisions(from: number, limit: number, meter: QueryMeter): Promise<unknown> {
    const decisions: unknown[] = [];
    let characters = 0;
    let next = from;
    while (next < from + limit && characters < MAX_ANSWER_CHARACTERS) {
      const last = Math.min(next + PAGE, from + limit) - 1;
      const page = await meter.read(
        () => this.replica.store.decisions(next, last, MAX_READ_CHARACTERS),
        (read) => amountOf(read.map(({ decision }) => decision)),
      );
      for (const { decision } of page) {
        const text = meter.work(() => json.encode(decision).toString());
        characters += text.length;
        if (characters > MAX_ANSWER_CHARACTERS && decisions.length > 0) break;
        decisions.push(meter.work((): unknown => JSON.parse(text)));
      }
      if (page.length === 0) break;
      next += page.length;
    }
    return { decisions, lastExecuted: this.replica.runner.status().lastExecuted };
  }

  /** A right of the cluster's admins, checked here, where it has its effect. */
  private setFault(fault: string | null, client: ClientId): unknown {
    if (!this.options.faultInjection) return { error: 'fault injection is off' };
    if (this.options.facts.admins?.has(client) !== true) {
      this.refusals.add(
        'set-fault',
        () => `client ${client} may not set faults: the cluster file does not mark it as admin`,
      );
      return {
        error: `client ${client} may not set faults: only clients with "admin": true in the cluster file may`,
      };
    }
    if (fault !== null && !isFaultKind(fault)) {
      return { error: `unknown fault; one of ${FAULT_KINDS.join(', ')}` };
    }
    this.replica.setFault(fault ?? undefined);
    this.logger.log(fault === null ? 'this node is honest again' : `fault set: ${fault}`);
    return { fault };
  }
}

function isPrompt(query: NodeQuery): query is PromptQuery {
  return KIND_OF[query.type] === 'prompt';
}

/** About as much as a store read for these. */
function amountOf(
  decisions: readonly Decision[],
  results: readonly RequestResult[] | undefined = [],
): Amount {
  const operations = decisions.flatMap(({ requests }) => requests.map((each) => each.operation));
  const texts = [...operations, ...results.map(({ result }) => result)];
  const characters = texts.reduce((sum, text) => sum + text.length + CHARACTERS_EACH, 0);
  return { count: decisions.length, characters };
}

/** The first of results, and as many more as one answer holds. */
function fitting(results: readonly RequestResult[]): readonly RequestResult[] {
  let characters = 0;
  const end = results.findIndex(({ result }, at) => {
    characters += result.length;
    return at > 0 && characters > MAX_ANSWER_CHARACTERS;
  });
  return end < 0 ? results : results.slice(0, end);
}
