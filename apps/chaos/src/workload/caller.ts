import { httpCall, type HttpAnswer } from '../http/http-call.js';
import { pause } from '@ccro/clock';
import type { Call } from './history.js';
import { httpFormOf, outputOf, resultIn } from './question.js';

/** How long a call waits for an answer. Longer than the gateway takes to give up. */
const ANSWER_TIMEOUT_MS = 8_000;
/** Milliseconds before the same call is sent again. */
const RETRY_DELAY_MS = 150;
/** Milliseconds between two looks at a request that was accepted. */
const POLL_DELAY_MS = 50;

/** Answers after which the same call may be sent again. */
const TRY_AGAIN = new Set([429, 503, 504]);

export interface CallerDependencies {
  /** Base URLs of the gateways that run now. */
  readonly gatewayUrls: () => readonly string[];
  readonly nowMs: () => number;
}

/** Sends calls to the gateways and writes down what becomes of them. */
export class Caller {
  private turn = 0;

  constructor(private readonly dependencies: CallerDependencies) {}

  /** One attempt. The call may stay without an answer. */
  async once(call: Call): Promise<void> {
    await this.attempt(call);
    this.end(call);
  }

  /** Sends the call again, under the same Idempotency-Key, until it is answered. */
  async untilAnswered(call: Call, givenUp: AbortSignal): Promise<void> {
    while (!givenUp.aborted) {
      await this.attempt(call);
      if (call.decided !== undefined || call.problem !== undefined) break;
      await pause(RETRY_DELAY_MS, givenUp);
    }
    this.end(call);
  }

  /** Hands the call in without waiting, then asks for its state until it is decided. */
  async handInAndPoll(call: Call, givenUp: AbortSignal): Promise<void> {
    while (!givenUp.aborted && call.acceptedIds.size === 0 && call.problem === undefined) {
      await this.attempt(call, { prefer: 'respond-async' });
      if (call.decided !== undefined) break;
      if (call.acceptedIds.size === 0) await pause(RETRY_DELAY_MS, givenUp);
    }
    while (!givenUp.aborted && call.decided === undefined && call.problem === undefined) {
      await this.look(call);
      if (call.decided === undefined) await pause(POLL_DELAY_MS, givenUp);
    }
    this.end(call);
  }

  /** Asks for the state of an accepted call once: `GET /requests/:id`. */
  async look(call: Call): Promise<void> {
    const [id] = call.acceptedIds;
    const url = this.nextGateway();
    if (id === undefined || url === undefined) return;
    const path = `/requests/${encodeURIComponent(id)}`;
    const answer = await httpCall(url, 'GET', path, { timeoutMs: ANSWER_TIMEOUT_MS });
    if (answer.status === undefined || TRY_AGAIN.has(answer.status)) return;
    if (answer.status === 200 && answer.body['status'] === 'pending') return;
    this.take(call, answer, answer.body['result']);
  }

  private async attempt(call: Call, headers: Readonly<Record<string, string>> = {}): Promise<void> {
    const url = this.nextGateway();
    if (url === undefined) return;
    const { method, path, json } = httpFormOf(call.question);
    const { idempotencyKey: key } = call;
    const startMs = this.dependencies.nowMs();
    const answer = await httpCall(url, method, path, {
      headers: { ...headers, ...(key === undefined ? {} : { 'idempotency-key': key }) },
      timeoutMs: ANSWER_TIMEOUT_MS,
      json,
    });
    const endMs = this.dependencies.nowMs();
    const hasAnswer = answer.status !== undefined;
    const result = hasAnswer ? answer.status : answer.reason;
    call.attempts.push({ gateway: url, startMs, endMs, result });
    if (hasAnswer) this.take(call, answer, resultIn(call.question, answer.status, answer.body));
  }

  /** @param result the state machine's, if there is one */
  private take(call: Call, { status, body }: HttpAnswer, result: unknown): void {
    const { id, sequence } = body;
    if (typeof id === 'string' && !isUnsure(status, body)) call.acceptedIds.add(id);
    if (status === 202 || TRY_AGAIN.has(status)) return;
    const isNotFound = status === 404 && call.question.kind !== 'append' && id !== undefined;
    const output = status === 200 || isNotFound ? outputOf(call.question, result) : undefined;
    if (output !== undefined && typeof id === 'string' && typeof sequence === 'number') {
      call.decided = { id, sequence, output };
    } else {
      call.problem = `HTTP ${status}: ${JSON.stringify(body).slice(0, 500)}`;
    }
  }

  private end(call: Call): void {
    call.endMs = this.dependencies.nowMs();
  }

  private nextGateway(): string | undefined {
    const urls = this.dependencies.gatewayUrls();
    const url = urls[this.turn % Math.max(urls.length, 1)];
    this.turn += 1;
    return url;
  }
}

/** Whether the gateway itself does not know if it has accepted the request. */
function isUnsure(status: number, body: HttpAnswer['body']): boolean {
  return status === 503 && body['accepted'] === 'unknown';
}
