import { setMaxListeners } from 'node:events';
import { Inject, Injectable, type BeforeApplicationShutdown } from '@nestjs/common';
import { CcroClient, ClientError, type Outcome, type Submission } from '@ccro/client';
import { MAX_OPERATION_CHARACTERS } from '@ccro/wire';
import { BrokerWatch } from '../connection/broker-watch.js';
import { ClusterService } from '../cluster/cluster.service.js';
import { GATEWAY_SETTINGS } from '../gateway.constants.js';
import type { GatewaySettings } from '../gateway.options.js';
import { ProblemException } from '../problem/problem.js';
import { decidedAnswer } from './decided-answer.js';
import { RequestMetrics } from './request-metrics.js';
import type {
  Acceptance,
  AcceptedRequest,
  DecidedAnswer,
  Idempotency,
  RequestAnswer,
} from './request-record.js';
import { REQUEST_REGISTRY, type RequestRegistry } from './request-registry.js';
import { firstOf } from './wait.js';

/** Seconds after which a caller is told to come back. */
const RETRY_AFTER_SECONDS = '1';

/**
 * Accepts requests, hands them to the client and keeps track of them.
 *
 * Invariants kept here: what was accepted stays pending until the cluster decides it, whatever
 * its caller was told meanwhile; one idempotency key is accepted once.
 */
@Injectable()
export class RequestsService implements BeforeApplicationShutdown {
  /** By request id, for requests that are pending. Never rejects. */
  private readonly finishing = new Map<string, Promise<void>>();
  private readonly closing = new AbortController();

  constructor(
    @Inject(GATEWAY_SETTINGS) private readonly settings: GatewaySettings,
    @Inject(REQUEST_REGISTRY) private readonly registry: RequestRegistry,
    private readonly client: CcroClient,
    private readonly broker: BrokerWatch,
    private readonly cluster: ClusterService,
    private readonly metrics: RequestMetrics,
  ) {
    // One listener for each call that waits: as many as there are, not a leak.
    setMaxListeners(0, this.closing.signal);
  }

  /**
   * Accepts operations, all of them or none. The same idempotency key is accepted once: later
   * calls get what was accepted then.
   *
   * @throws ProblemException `idempotency-key-reused`, `overloaded`, `payload-too-large` or
   *   `shutting-down`; then nothing was accepted
   */
  accept(operations: readonly string[], idempotency?: Idempotency): readonly AcceptedRequest[] {
    const earlier = this.acceptedBefore(idempotency);
    if (earlier !== undefined) return earlier.requests;
    this.refuseUnlessAcceptable(operations);
    const submissions = operations.map((operation) => this.client.submit(operation));
    const requests = submissions.map(({ timestamp, request: { operation } }) => ({
      id: `${this.settings.clientId}-${timestamp}`,
      timestamp,
      operation,
    }));
    this.registry.accept(idempotency === undefined ? { requests } : { requests, idempotency });
    requests.forEach(({ id }, index) => {
      const submission = submissions[index];
      if (submission !== undefined) this.finishing.set(id, this.finish(id, submission));
    });
    return requests;
  }

  /**
   * Waits until all of `requests` are decided.
   *
   * @throws ProblemException with the `id` (or the state of each, for several): `decision-timeout`
   *   or `broker-unreachable` while they stay pending, `timestamp-conflict` when the cluster
   *   refused one, `shutting-down`
   */
  async decided(requests: readonly AcceptedRequest[]): Promise<readonly DecidedAnswer[]> {
    const finished = Promise.all(requests.map(async ({ id }) => this.finishing.get(id)));
    const end = await firstOf({
      finished,
      timeoutMs: this.settings.requestTimeoutMs,
      broker: this.broker,
      closing: this.closing.signal,
    });
    const answers = requests.map(({ id }) => this.find(id));
    const decided = answers.filter((answer) => answer.status === 'decided');
    if (decided.length === requests.length) return decided;
    throw this.undecided(end, answers);
  }

  /** Accepts one operation and waits for its decision. @throws as `accept` and `decided` */
  async execute(operation: string, idempotency?: Idempotency): Promise<DecidedAnswer> {
    const [answer] = await this.decided(this.accept([operation], idempotency));
    if (answer === undefined) throw new Error('one request has one answer');
    return answer;
  }

  /** @throws ProblemException `not-found` */
  find(id: string): RequestAnswer {
    const answer = this.registry.find(id);
    if (answer !== undefined) return answer;
    throw new ProblemException('not-found', `There is no request ${id}.`);
  }

  /** Answers all calls that wait before the server stops; what is pending is given up. */
  beforeApplicationShutdown(): void {
    this.closing.abort();
    this.client.close();
  }

  private acceptedBefore(idempotency: Idempotency | undefined): Acceptance | undefined {
    if (idempotency === undefined) return undefined;
    const earlier = this.registry.findByKey(idempotency.key);
    if (earlier === undefined) return undefined;
    if (earlier.idempotency?.fingerprint === idempotency.fingerprint) return earlier;
    throw new ProblemException(
      'idempotency-key-reused',
      'This Idempotency-Key was used with another body. Use a new key for a new request.',
    );
  }

  /** Everything that could go wrong goes wrong here, before the first of them is sent. */
  private refuseUnlessAcceptable(operations: readonly string[]): void {
    if (this.closing.signal.aborted) {
      throw new ProblemException('shutting-down', 'The gateway is shutting down.');
    }
    if (operations.some(({ length }) => length > MAX_OPERATION_CHARACTERS)) {
      const detail = `An operation has at most ${MAX_OPERATION_CHARACTERS} characters of JSON.`;
      throw new ProblemException('payload-too-large', detail);
    }
    if (this.client.capacity >= operations.length) return;
    throw new ProblemException(
      'overloaded',
      'As many requests are pending as this gateway keeps. Nothing was accepted.',
      { headers: { 'retry-after': RETRY_AFTER_SECONDS } },
    );
  }

  private async finish(id: string, submission: Submission): Promise<void> {
    try {
      this.onDecided(id, await submission.settled);
    } catch (error) {
      this.onFailed(id, error);
    } finally {
      this.finishing.delete(id);
    }
  }

  private onDecided(id: string, outcome: Outcome): void {
    this.metrics.observe(outcome);
    const roles = this.cluster.rolesIn(outcome.view);
    const answer = decidedAnswer(id, outcome, this.settings.config, roles);
    this.registry.finish(answer);
    this.settings.onDecided(answer);
  }

  private onFailed(id: string, error: unknown): void {
    if (!(error instanceof ClientError)) throw error;
    const { code, message } = error;
    // A client that closes gives nothing up for good: the request may be decided all the same.
    if (code !== 'timestamp-reused' && code !== 'stale-timestamp') return;
    this.registry.finish({ id, status: 'failed', error: code, detail: message });
  }

  private undecided(
    end: Awaited<ReturnType<typeof firstOf>>,
    answers: readonly RequestAnswer[],
  ): ProblemException {
    const [only] = answers;
    const extensions =
      answers.length === 1 && only !== undefined ? { id: only.id } : { results: answers };
    const headers = {
      'retry-after': RETRY_AFTER_SECONDS,
      ...(extensions.id === undefined ? {} : { location: `/requests/${extensions.id}` }),
    };
    const failed = answers.find((answer) => answer.status === 'failed');
    if (end === 'finished' && failed !== undefined) {
      return new ProblemException('timestamp-conflict', failed.detail, { extensions });
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
        return new ProblemException('broker-unreachable', detail, { extensions, headers });
      }
      case 'finished':
      case 'closing': {
        const detail = 'The gateway is shutting down. The request may be decided all the same.';
        return new ProblemException('shutting-down', detail, { extensions, headers });
      }
    }
  }
}
