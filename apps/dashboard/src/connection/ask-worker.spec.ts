import { expect, it } from 'vitest';
import { askWorker } from './ask-worker.js';

class FakeWorker extends EventTarget {
  readonly asked: unknown[] = [];
  terminated = false;

  postMessage(question: unknown): void {
    this.asked.push(question);
  }

  terminate(): void {
    this.terminated = true;
  }

  answer(data: string): void {
    this.dispatchEvent(new MessageEvent('message', { data }));
  }

  fail(message?: string): void {
    this.dispatchEvent(Object.assign(new Event('error'), { message }));
  }
}

function asked(): { worker: FakeWorker; told: string[]; stop: () => void } {
  const worker = new FakeWorker();
  const told: string[] = [];
  const tell = (text: string): void => void told.push(text);
  return { worker, told, stop: askWorker(worker as never, 'why', tell, tell) };
}

it('tells every answer until it is stopped', () => {
  const { worker, told, stop } = asked();
  expect(worker.asked).toEqual(['why']);
  worker.answer('one');
  worker.answer('two');
  stop();
  worker.answer('three');
  worker.fail('late');
  expect(told).toEqual(['one', 'two']);
  expect(worker.terminated).toBe(true);
});

it.each([
  { message: 'out of memory', says: 'It ended: out of memory' },
  { message: undefined, says: 'could not be loaded; reload the page' },
  { message: '', says: 'could not be loaded; reload the page' },
])('says once why there is no answer: $says', ({ message, says }) => {
  const { worker, told } = asked();
  worker.fail(message);
  worker.fail('again');
  expect(told).toEqual([expect.stringContaining(says)]);
  expect(worker.terminated).toBe(true);
});
