import {
  Inject,
  Injectable,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { CcroClient } from '@ccro/client';
import { ProblemException } from '@ccro/http';
import { mayHandle, type Caller } from '../auth/caller.js';
import { CallerShares } from '../auth/caller-shares.js';
import { BrokerWatch } from '../connection/broker-watch.js';
import { Activity } from '../events/activity.js';
import { GATEWAY_SETTINGS, type GatewaySettings } from '../settings/gateway.options.js';
import { Endings } from '../queue/endings.js';
import {
  REQUEST_QUEUE,
  type AcceptedRequest,
  type Call,
  type RequestQueue,
} from '../queue/request-queue.js';
import { overloaded, QueueError } from '../queue/queue-error.js';
import { problemOf, queueProblem, RETRY_AFTER_SECONDS } from './queue-problem.js';
import type { DecidedAnswer, RequestAnswer } from '../answers/request-record.js';
import { Waits, type WaitEnd } from '../connection/wait.js';

/** A call that was accepted, and what ends its wait. */
interface BegunCall {
  readonly requests: readonly AcceptedRequest[];
  readonly ended: Promise<WaitEnd>;
}

/**
 * Hands calls to the queue and waits for their answers.
 *
 * Invariant kept here: whatever a caller is told, what was accepted is decided by the queue.
 */
@Injectable()
export class RequestsService implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly closing = new AbortController();
  private readonly waits: Waits;

  constructor(
    @Inject(GATEWAY_SETTINGS) private readonly settings: GatewaySettings,
    @Inject(REQUEST_QUEUE) private readonly queue: RequestQueue,
    private readonly client: CcroClient,
    private readonly broker: BrokerWatch,
    private readonly activity: Activity,
    private readonly shares: CallerShares,
    endings: Endings,
  ) {
    this.waits = new Waits(broker, this.closing.signal);
    endings.onFinished((answer) => {
      if (answer.status === 'decided') settings.onDecided(answer);
    });
  }

  /** The client listens by now: answers to what is taken up from before can arrive. */
  async onApplicationBootstrap(): Promise<void> {
    await this.queue.open();
  }

  /**
   * Accepts operations, all of them or none. The same idempotency key is accepted once: later
   * calls get what was accepted then.
   *
   * @throws ProblemException `idempotency-key-reused`, `overloaded`, `payload-too-large`,
   *   `queue-refused` or `shutting-down`, when nothing was accepted; `broker-unreachable`, whose
   *   `accepted` says so or that it is not known
   */
  async accept(call: Call): Promise<readonly AcceptedRequest[]> {
    return (await this.begin(call)).requests;
  }

  /**
   * Accepts a call and waits until all of its requests are decided.
   *
   * @throws as `accept`; besides ProblemException with the `id` (or the state of each, for
   *   several): `decision-timeout` or `broker-unreachable` while they stay pending,
   *   `timestamp-conflict` when the cluster refused one, `shutting-down`
   */
  async execute(call: Call): Promise<readonly DecidedAnswer[]> {
    const { requests, ended } = await this.begin(call);
    const end = await ended;
    const answers = requests.map(({ answer }) => answer);
    const decided = answers.filter((answer) => answer.status === 'decided');
    if (decided.length === requests.length) return decided;
    throw this.undecided(end, answers);
  }

  /** The same for a call with one operation. */
  async executeOne(call: Call): Promise<DecidedAnswer> {
    const [answer] = await this.execute(call);
    if (answer === undefined) throw new Error('one request has one answer');
    return answer;
  }

  /**
   * The state of a request. Requests of other callers are not found: decisions are visible in the ledger
   * to all callers with a key, but the outcome of a call only to its caller.
   *
   * @throws ProblemException `not-found`, `broker-unreachable` or `queue-refused`
   */
  async find(id: string, caller: Caller): Promise<RequestAnswer> {
    try {
      const answer = await this.queue.find(id);
      if (answer !== undefined && (await this.isFor(caller, id))) return answer;
    } catch (error) {
      throw queueProblem(error);
    }
    throw new ProblemException('not-found', `There is no request ${id}.`);
  }

  /**
   * Accepts a call, which holds its places until all of its requests are finished, whether or not anybody
   * waits for them; those that another process sees to, until the wait has `ended`.
   */
  private async begin(call: Call): Promise<BegunCall> {
    const startedAtMs = performance.now();
    const { length } = call.operations;
    const { caller = '' } = call;
    const giveBack = this.shares.take(caller, length);
    try {
      if (giveBack === undefined) throw overloaded();
      const requests = await this.queue.accept(call);
      this.activity.accepted(length);
      // Redis keeps them: it is there, whatever the other connection knows of it yet.
      if (this.queue.durable) this.broker.answersElsewhere();
      const finished = Promise.all(requests.map((request) => request.finished));
      const ended = this.waits.firstOf(finished, this.settings.requestTimeoutMs, startedAtMs);
      const over = requests.some(({ elsewhere }) => elsewhere) ? ended : finished;
      void over.then(() => giveBack(length));
      return { requests, ended };
    } catch (error) {
      giveBack?.(length);
      if (giveBack !== undefined && isOverload(error)) this.shares.refuse(caller);
      this.activity.refused();
      throw queueProblem(error);
    }
  }

  private async isFor(caller: Caller, id: string): Promise<boolean> {
    if (mayHandle(caller, undefined)) return true;
    return mayHandle(caller, await this.queue.ownerOf(id));
  }

  /** Answers all calls that wait before the server stops. */
  async beforeApplicationShutdown(): Promise<void> {
    this.closing.abort();
    await this.queue.close();
    this.client.close();
  }

  private undecided(end: WaitEnd, answers: readonly RequestAnswer[]): ProblemException {
    const [only] = answers;
    const id = answers.length === 1 ? only?.id : undefined;
    const extensions = id === undefined ? { results: answers } : { id };
    const location = id === undefined ? {} : { location: `/requests/${id}` };
    const headers = { 'retry-after': RETRY_AFTER_SECONDS, ...location };
    const failed = answers.find((answer) => answer.status === 'failed');
    if (end === 'finished' && failed !== undefined) {
      return new ProblemException(problemOf(failed), failed.detail, { extensions });
    }
    const kept = 'It stays pending and is decided as soon as the cluster can.';
    switch (end) {
      case 'too-late': {
        const { requestTimeoutMs } = this.settings;
        const detail = `No decision within ${requestTimeoutMs} ms. ${kept}`;
        return new ProblemException('decision-timeout', detail, { extensions, headers });
      }
      case 'broker-away': {
        const detail = `The request was accepted, but the broker is away. ${kept}`;
        const options = { extensions: { ...extensions, accepted: 'yes' }, headers };
        return new ProblemException('broker-unreachable', detail, options);
      }
      case 'finished':
      case 'closing': {
        const fate = this.queue.durable
          ? 'The request stays in the queue for the next gateway.'
          : 'The request may be decided all the same.';
        const detail = `The gateway is shutting down. ${fate}`;
        return new ProblemException('shutting-down', detail, { extensions, headers });
      }
    }
  }
}

function isOverload(error: unknown): boolean {
  return error instanceof QueueError && error.code === 'overloaded';
}
