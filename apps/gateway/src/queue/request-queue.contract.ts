import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { sha256 } from '@ccro/crypto';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { ScriptedCluster } from '../../test/scripted-cluster.js';
import type { FinishedAnswer } from '../answers/request-record.js';
import type { QueueErrorCode } from './queue-error.js';
import type { AcceptedRequest, Call, RequestQueue } from './request-queue.js';

/** A queue that is open, and the cluster it sends to. */
export interface QueueUnderTest {
  readonly queue: RequestQueue;
  readonly cluster: ScriptedCluster;
  close(): Promise<void>;
}

export interface QueueTestOptions {
  readonly maxPending: number;
  readonly maxFinished: number;
  readonly keyRetentionMs: number;
}

const DEFAULTS: QueueTestOptions = { maxPending: 100, maxFinished: 100, keyRetentionMs: 0 };

/** How long a test waits for what must happen. */
const PATIENCE_MS = 8000;

/** A call that appends each of `data`, under `key` if there is one. */
export function appending(data: readonly unknown[], key?: string): Call {
  const operations = data.map((each) => JSON.stringify({ type: 'append', data: each }));
  if (key === undefined) return { operations };
  return { operations, idempotency: { key, fingerprint: sha256(JSON.stringify(operations)) } };
}

/** The answers to all of `requests`. */
export function allFinished(requests: readonly AcceptedRequest[]): Promise<FinishedAnswer[]> {
  return Promise.all(requests.map(({ finished }) => finished));
}

/** What the cluster executed, in order. */
export function executed({ decisions }: ScriptedCluster): unknown[] {
  return decisions.flatMap(({ requests }) =>
    requests.map(({ operation }) => (JSON.parse(operation) as { data: unknown }).data),
  );
}

/** The same, sorted. */
export function executedInAnyOrder(cluster: ScriptedCluster): unknown[] {
  return executed(cluster).sort((a, b) => (String(a) < String(b) ? -1 : 1));
}

export async function expectRefusal(
  refused: Promise<unknown>,
  code: QueueErrorCode,
): Promise<void> {
  await expect(refused).rejects.toMatchObject({ name: 'QueueError', code });
}

function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
}

/** What every `RequestQueue` must do. */
export function describeRequestQueueContract(
  name: string,
  start: (options: QueueTestOptions) => Promise<QueueUnderTest>,
): void {
  const started: QueueUnderTest[] = [];

  async function open(options: Partial<QueueTestOptions> = {}): Promise<QueueUnderTest> {
    const made = await start({ ...DEFAULTS, ...options });
    started.push(made);
    return made;
  }

  afterEach(async () => {
    await Promise.all(started.splice(0).map((each) => each.close()));
  });

  describe(`${name}: accepting`, () => {
    it('sends what it accepted, and tells what the cluster decided', async () => {
      const { queue, cluster } = await open();
      const requests = await queue.accept(appending(['a', 'b']));
      expect(requests.map(({ id }) => id)).toEqual([
        expect.stringMatching(/^gateway-\d{16}$/),
        expect.stringMatching(/^gateway-\d{16}$/),
      ]);
      const answers = await allFinished(requests);
      expect(answers).toMatchObject([
        { id: requests[0]?.id, status: 'decided', replies: { required: 2 } },
        { id: requests[1]?.id, status: 'decided' },
      ]);
      expect(executedInAnyOrder(cluster)).toEqual(['a', 'b']);
      expect(requests.map(({ answer }) => answer)).toEqual(answers);
    });

    it('gives every request a timestamp of its own, however many come at a time', async () => {
      const { queue, cluster } = await open();
      const calls = Array.from({ length: 40 }, (_, index) => appending([index, -index]));
      const requests = (await Promise.all(calls.map((call) => queue.accept(call)))).flat();
      await allFinished(requests);
      expect(new Set(requests.map(({ id }) => id)).size).toBe(80);
      expect(executed(cluster)).toHaveLength(80);
    });

    it('refuses, as a whole, what would be more than may be pending', async () => {
      const { queue, cluster } = await open({ maxPending: 3 });
      cluster.stalled = true;
      const pending = await queue.accept(appending([1, 2]));
      await expectRefusal(queue.accept(appending([3, 4])), 'overloaded');
      const last = await queue.accept(appending([5]));
      await expectRefusal(queue.accept(appending([6])), 'overloaded');
      cluster.stalled = false;
      await allFinished([...pending, ...last]);
      await allFinished(await queue.accept(appending([7, 8, 9])));
      expect(executedInAnyOrder(cluster)).toEqual([1, 2, 5, 7, 8, 9]);
    });

    it('refuses, as a whole, what is too large', async () => {
      const { queue, cluster } = await open();
      const refused = queue.accept(appending(['small', 'x'.repeat(128 * 1024)]));
      await expectRefusal(refused, 'too-large');
      await allFinished(await queue.accept(appending(['after'])));
      expect(executed(cluster)).toEqual(['after']);
    });

    it('accepts nothing after close, and leaves what waits unanswered', async () => {
      const { queue, cluster } = await open();
      cluster.stalled = true;
      const [request] = await queue.accept(appending([1]));
      await queue.close();
      await expectRefusal(queue.accept(appending([2])), 'closed');
      expect(request?.answer).toEqual({ id: request?.id, status: 'pending' });
    });
  });

  describe(`${name}: an idempotency key`, () => {
    it('is one request, while it is pending and after', async () => {
      const { queue, cluster } = await open();
      cluster.stalled = true;
      const first = await queue.accept(appending([1, 2], 'K'));
      const second = await queue.accept(appending([1, 2], 'K'));
      expect(second.map(({ id }) => id)).toEqual(first.map(({ id }) => id));
      cluster.stalled = false;
      const answers = await allFinished(first);
      expect(await allFinished(second)).toEqual(answers);
      expect(await allFinished(await queue.accept(appending([1, 2], 'K')))).toEqual(answers);
      expect(executedInAnyOrder(cluster)).toEqual([1, 2]);
    });

    it('is one request for any number of calls at a time', async () => {
      const { queue, cluster } = await open();
      const calls = Array.from({ length: 20 }, () => queue.accept(appending(['once'], 'K')));
      const requests = (await Promise.all(calls)).flat();
      expect(new Set(requests.map(({ id }) => id)).size).toBe(1);
      const answers = await allFinished(requests);
      for (const answer of answers) expect(answer).toEqual(answers[0]);
      expect(executed(cluster)).toEqual(['once']);
    });

    it('refuses other operations, before and after the answer', async () => {
      const { queue, cluster } = await open();
      cluster.stalled = true;
      const first = await queue.accept(appending([1], 'K'));
      await expectRefusal(queue.accept(appending([2], 'K')), 'key-reused');
      cluster.stalled = false;
      await allFinished(first);
      await expectRefusal(queue.accept(appending([1, 2], 'K')), 'key-reused');
      expect(executed(cluster)).toEqual([1]);
    });

    it('outlives any number of requests without one', async () => {
      const { queue, cluster } = await open({ maxFinished: 3 });
      const [kept] = await allFinished(await queue.accept(appending(['kept'], 'K')));
      await allFinished(await queue.accept(appending([1, 2, 3, 4, 5])));
      const [again] = await allFinished(await queue.accept(appending(['kept'], 'K')));
      expect(again).toEqual(kept);
      expect(await queue.find(kept?.id ?? '')).toEqual(kept);
      expect(executed(cluster)).toHaveLength(6);
    });

    it('is forgotten with its answer when its time is over, never before it has one', async () => {
      const { queue, cluster } = await open({ keyRetentionMs: 50 });
      const [old] = await allFinished(await queue.accept(appending(['old'], 'old')));
      cluster.stalled = true;
      const pending = await queue.accept(appending(['pending'], 'pending'));
      const startedAtMs = Date.now();
      await vi.waitFor(() => expect(Date.now() - startedAtMs).toBeGreaterThan(60));
      cluster.stalled = false;
      // Recording the next answers is when old keys go.
      await vi.waitFor(
        async () => {
          await allFinished(await queue.accept(appending(['new'])));
          expect(await queue.find(old?.id ?? '')).toBeUndefined();
        },
        { timeout: PATIENCE_MS },
      );
      const again = await queue.accept(appending(['old'], 'old'));
      expect(again[0]?.id).not.toBe(old?.id);
      expect(await allFinished(pending)).toMatchObject([{ status: 'decided' }]);
    });
  });

  describe(`${name}: finding`, () => {
    it('tells what is pending, decided and unknown', async () => {
      const { queue, cluster } = await open();
      cluster.stalled = true;
      const [request] = await queue.accept(appending([1]));
      const id = request?.id ?? '';
      expect(await queue.find(id)).toEqual({ id, status: 'pending' });
      cluster.stalled = false;
      const answer = await request?.finished;
      expect(await queue.find(id)).toEqual(answer);
      for (const unknown of ['gateway-1', 'stranger-1', 'nothing', '', 'a:b-{}-1']) {
        expect(await queue.find(unknown)).toBeUndefined();
      }
    });

    it('remembers the newest of what is finished', async () => {
      const { queue } = await open({ maxFinished: 2 });
      const ids: string[] = [];
      for (const data of [1, 2, 3]) {
        const [answer] = await allFinished(await queue.accept(appending([data])));
        ids.push(answer?.id ?? '');
      }
      const found = await Promise.all(ids.map((id) => queue.find(id)));
      expect(found.map((answer) => answer?.status)).toEqual([undefined, 'decided', 'decided']);
    });

    it('I19: remembers fewer of them the longer their answers are', async () => {
      const { queue } = await open({ maxFinished: 10 });
      const ids: string[] = [];
      const put = async (value: string): Promise<void> => {
        const operations = [JSON.stringify({ type: 'kv.put', key: 'a', value })];
        const [answer] = await allFinished(await queue.accept({ operations }));
        ids.push(answer?.id ?? '');
      };
      // The answer to each but the first holds the value before: four places.
      for (let time = 0; time < 5; time += 1) await put('x'.repeat(30 * 1024));
      const found = async (): Promise<unknown[]> => {
        const answers = await Promise.all(ids.map((id) => queue.find(id)));
        return answers.map((answer) => answer?.status);
      };
      expect((await found()).slice(1)).toEqual([undefined, undefined, 'decided', 'decided']);
      for (let time = 0; time < 10; time += 1) await put('short');
      const kept = (await found()).map((status, index) => (status === undefined ? -1 : index));
      expect(Math.min(...kept.filter((index) => index >= 0))).toBeGreaterThanOrEqual(5);
      expect(kept.slice(-5).every((index) => index >= 0)).toBe(true);
    });

    it('I19, sibling: keeps answers as texts, which take less memory than what they say', async () => {
      const { queue } = await open({ maxFinished: 1000 });
      const told: WeakRef<FinishedAnswer>[] = [];
      queue.onFinished((answer) => told.push(new WeakRef(answer)));
      const endedUnder = async (key?: string): Promise<string[]> =>
        (await allFinished(await queue.accept(appending(['a', 'b'], key)))).map(({ id }) => id);
      const ids = [...(await endedUnder()), ...(await endedUnder('K'))];
      await vi.waitFor(
        () => {
          collectGarbage();
          expect(told.map((answer) => answer.deref() === undefined)).toEqual(Array(4).fill(true));
        },
        { timeout: PATIENCE_MS },
      );
      const found = await Promise.all(ids.map((id) => queue.find(id)));
      expect(found.map((answer) => answer?.status)).toEqual(Array(4).fill('decided'));
    });

    it('counts, and tells once of each end', async () => {
      const { queue, cluster } = await open();
      const told: FinishedAnswer[] = [];
      queue.onFinished((answer) => told.push(answer));
      cluster.stalled = true;
      const requests = await queue.accept(appending([1, 2], 'K'));
      expect(queue.counts()).toEqual({ pending: 2, decided: 0, failed: 0 });
      cluster.stalled = false;
      const answers = await allFinished(requests);
      await allFinished(await queue.accept(appending([1, 2], 'K')));
      expect(queue.counts()).toEqual({ pending: 0, decided: 2, failed: 0 });
      const byId = (a: FinishedAnswer, b: FinishedAnswer): number => (a.id < b.id ? -1 : 1);
      expect(told.sort(byId)).toEqual([...answers].sort(byId));
    });
  });

  describe(`${name}: a refusal by the cluster`, () => {
    it('is the answer, and is not tried again under another timestamp', async () => {
      const { queue, cluster } = await open();
      for (const script of cluster.scripts) {
        script.result = (honest) => ({ ...honest, result: '{"error":"stale-timestamp"}' });
      }
      const [answer] = await allFinished(await queue.accept(appending([1], 'K')));
      expect(answer).toMatchObject({ status: 'failed', error: 'stale-timestamp' });
      expect(await allFinished(await queue.accept(appending([1], 'K')))).toEqual([answer]);
      expect(await queue.find(answer?.id ?? '')).toEqual(answer);
      expect(new Set(cluster.heard.map(({ timestamp }) => timestamp)).size).toBe(1);
      expect(queue.counts()).toEqual({ pending: 0, decided: 0, failed: 1 });
    });
  });
}
