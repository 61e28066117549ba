import { Inject, Injectable } from '@nestjs/common';
import type { FinishedAnswer } from '../answers/request-record.js';
import { REQUEST_QUEUE, type RequestQueue } from './request-queue.js';

/** Announces the end of every request that this gateway handled, its own and relayed ones. */
@Injectable()
export class Endings {
  private readonly listeners: ((answer: FinishedAnswer) => void)[] = [];

  constructor(@Inject(REQUEST_QUEUE) queue: RequestQueue) {
    queue.onFinished((answer) => this.tell(answer));
  }

  onFinished(listener: (answer: FinishedAnswer) => void): void {
    this.listeners.push(listener);
  }

  /** For requests that are not in the queue. */
  tell(answer: FinishedAnswer): void {
    for (const listener of this.listeners) listener(answer);
  }
}
