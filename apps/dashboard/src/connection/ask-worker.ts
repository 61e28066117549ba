const NOT_LOADED = 'A part of this page could not be loaded; reload the page.';

/**
 * Asks a worker, and tells what it says: one answer or many.
 *
 * @param onFailure is told why there will be no answer; the worker is over then
 * @returns a function that ends the worker: nothing is told after that
 */
export function askWorker<Answer>(
  worker: Worker,
  question: unknown,
  onAnswer: (answer: Answer) => void,
  onFailure: (problem: string) => void,
): () => void {
  let over = false;
  const stop = (): void => {
    over = true;
    worker.terminate();
  };
  worker.addEventListener('message', ({ data }: MessageEvent<Answer>) => {
    if (!over) onAnswer(data);
  });
  worker.addEventListener('error', ({ message }: Partial<ErrorEvent>) => {
    if (over) return;
    stop();
    // A worker that cannot be loaded fails without a word.
    onFailure(message === undefined || message === '' ? NOT_LOADED : `It ended: ${message}`);
  });
  worker.postMessage(question);
  return stop;
}
