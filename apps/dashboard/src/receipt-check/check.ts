import { askWorker } from '../connection/ask-worker.js';
import type { Answer, Question } from './messages.js';

/** A check on its way. */
interface Check {
  /** Rejects when there will be no answer; a check that is stopped has none. */
  readonly answer: Promise<Answer>;
  readonly stop: () => void;
}

/** Has a worker check a receipt. */
export function check(question: Question): Check {
  const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
  let stop = (): void => worker.terminate();
  const answer = new Promise<Answer>((resolve, reject) => {
    stop = askWorker<Answer>(
      worker,
      question,
      (told) => {
        stop();
        resolve(told);
      },
      (problem) => reject(new Error(problem)),
    );
  });
  return { answer, stop };
}
