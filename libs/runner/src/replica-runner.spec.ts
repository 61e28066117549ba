import { channelNames, InProcessHub } from '@ccro/broker';
import { systemClock } from '@ccro/clock';
import type { Effect, Replica, StoreRecord } from '@ccro/consensus';
import type { MessageSigner, Verifier } from '@ccro/crypto';
import type { HeldSnapshot, ReplicaStore } from '@ccro/storage';
import { json } from '@ccro/wire';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ReplicaRunner } from './replica-runner.js';

const DISK = new Error('the disk is gone');
const SNAPSHOT = new Error('the state cannot be read');

/** Rejections that nobody observed while the test ran. */
function unhandled(): unknown[] {
  const reasons: unknown[] = [];
  const note = (reason: unknown): void => void reasons.push(reason);
  process.on('unhandledRejection', note);
  onTestFinished(() => void process.off('unhandledRejection', note));
  return reasons;
}

/** Settled when the test says so. */
function later<T>(): { readonly promise: Promise<T>; readonly reject: (why: Error) => void } {
  let reject = (_why: Error): void => undefined;
  const promise = new Promise<T>((_resolve, refuse) => (reject = refuse));
  return { promise, reject };
}

/** A runner whose replica asks for these effects, step after step, on a store that fails later. */
function runnerOf(...steps: readonly Effect[]) {
  const append = later<void>();
  const snapshot = later<HeldSnapshot | undefined>();
  const fatal: unknown[] = [];
  const left = [...steps];
  const runner = new ReplicaRunner(
    {
      self: 0,
      n: 4,
      cluster: 'runner-spec',
      replica: { step: () => left.splice(0, 1) } as unknown as Replica,
      signer: {} as MessageSigner,
      verifier: { checksVotesTogether: false } as Verifier,
      store: {
        append: () => append.promise,
        snapshot: () => snapshot.promise,
      } as unknown as ReplicaStore,
      codec: json,
      broker: new InProcessHub().broker('node'),
      channels: channelNames('runner-spec'),
      clock: systemClock,
    },
    { onFatal: (error) => fatal.push(error) },
  );
  return { runner, append, snapshot, fatal };
}

describe('a store that fails', () => {
  const part: Effect = { kind: 'send-chunk', to: 1, sequence: 4, chunk: '', part: 0 };
  const persist: Effect = { kind: 'persist', records: [{} as StoreRecord] };

  it.each(['append', 'snapshot'] as const)(
    'F1, sibling: is told once, and the rest of it ends no process: %s first',
    async (first) => {
      const reasons = unhandled();
      const { runner, append, snapshot, fatal } = runnerOf(part, persist);
      runner.start();
      runner.disconnected();
      const failures = [() => append.reject(DISK), () => snapshot.reject(SNAPSHOT)];
      if (first === 'snapshot') failures.reverse();
      for (const fail of failures) {
        fail();
        await new Promise(setImmediate);
      }
      expect(fatal).toEqual([first === 'append' ? DISK : SNAPSHOT]);
      await runner.stop();
      expect(reasons).toEqual([]);
    },
  );
});
