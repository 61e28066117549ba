import { Inject, Injectable } from '@nestjs/common';
import type { FinishedAnswer } from '../requests/request-record.js';
import { REQUEST_QUEUE, type RequestQueue } from './request-queue.js';

/** Where the end of every request is told that this gateway saw to, whoever signed it. */
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
