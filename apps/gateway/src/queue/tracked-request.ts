import type { FinishedAnswer, RequestAnswer } from '../answers/request-record.js';
import type { AcceptedRequest } from './request-queue.js';

/** An accepted request for as long as this process refers to it. */
export class TrackedRequest implements AcceptedRequest {
  readonly finished: Promise<FinishedAnswer>;
  private ending: FinishedAnswer | undefined;
  private resolve!: (answer: FinishedAnswer) => void;

  constructor(
    readonly id: string,
    /** See `Call`. */
    readonly owner?: string | undefined,
    readonly elsewhere = false,
  ) {
    this.finished = new Promise((resolve) => {
      this.resolve = resolve;
    });
  }

  get answer(): RequestAnswer {
    return this.ending ?? { id: this.id, status: 'pending' };
  }

  /** Makes it finished, if it is not already: an answer never changes. */
  finish(answer: FinishedAnswer): void {
    this.ending ??= answer;
    this.resolve(this.ending);
  }
}
