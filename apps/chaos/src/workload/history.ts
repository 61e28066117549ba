import type { Output, Question } from './question.js';

/** One way over HTTP. Times in milliseconds since the run began. */
export interface Attempt {
  readonly gateway: string;
  readonly startMs: number;
  readonly endMs: number;
  /** HTTP status, or why there was no answer. */
  readonly result: number | string;
}

/** What the cluster decided, as a gateway told it. */
export interface Decided {
  readonly id: string;
  readonly sequence: number;
  readonly output: Output;
}

/** What one user wanted once, however often it was sent. */
export interface Call {
  readonly number: number;
  readonly client: string;
  readonly question: Question;
  /** The same at each attempt; without one there is only one attempt. */
  readonly idempotencyKey: string | undefined;
  readonly startMs: number;
  /** When the user had the answer, or gave up; undefined while it is under way. */
  endMs: number | undefined;
  readonly attempts: Attempt[];
  /** Ids under which a gateway said that it has accepted it. */
  readonly acceptedIds: Set<string>;
  /** Whether it was answered only when its state was asked for after the run. */
  isBelated: boolean;
  /** Undefined without an answer. */
  decided: Decided | undefined;
  /** An answer that nobody should get. */
  problem: string | undefined;
}

/** Everything that was asked, in the order in which it began. */
export class History {
  readonly calls: Call[] = [];

  /** @param nowMs milliseconds since the run began */
  constructor(readonly nowMs: () => number) {}

  begin(client: string, question: Question, idempotencyKey?: string): Call {
    const call: Call = {
      number: this.calls.length + 1,
      client,
      question,
      idempotencyKey,
      startMs: this.nowMs(),
      endMs: undefined,
      attempts: [],
      acceptedIds: new Set(),
      isBelated: false,
      decided: undefined,
      problem: undefined,
    };
    this.calls.push(call);
    return call;
  }

  /** One JSON object a line. */
  toJsonLines(): string {
    return this.calls
      .map((call) => `${JSON.stringify({ ...call, acceptedIds: [...call.acceptedIds] })}\n`)
      .join('');
  }
}
