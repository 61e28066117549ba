import { channelNames } from '@ccro/broker';
import type { Clock } from '@ccro/clock';
import type { Effect, Replica, StoreRecord } from '@ccro/consensus';
import { openStore, type ReplicaStore } from '@ccro/storage';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { ReplicaRunner, type RunnerParts } from './replica-runner.js';

const SLOTS = 16;
const DIGEST = 'ab'.repeat(32);

function executed(sequence: number, operation: string, result: string): StoreRecord {
  const slot = { view: 0, sequence, digest: DIGEST };
  const named = { client: 'gateway', timestamp: sequence, digest: DIGEST, signature: '' };
  const proof = { scheme: 'ed25519', signers: [], signatures: [] };
  const certificate = { kind: 'certificate', phase: 'commit', ...slot, proof } as const;
  const requests = [{ kind: 'request', ...named, operation }] as const;
  const results = [{ timestamp: sequence, request: DIGEST, sequence, batch: DIGEST, result }];
  const decision = { kind: 'decision', ...slot, requests, certificate } as const;
  return { kind: 'executed', decision, results, ledgerHead: DIGEST };
}

async function storeOnDisk(records: readonly StoreRecord[]): Promise<ReplicaStore> {
  const directory = await mkdtemp(join(tmpdir(), 'ccro-runner-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  const identity = { cluster: 'test', replica: 1 };
  const store = await openStore({ directory, durability: 'async' }, identity, {
    chunk: () => DIGEST,
  });
  onTestFinished(() => store.close());
  for (const record of records) await store.append([record]);
  return store;
}

/** Has a runner do what its replica wants when it starts. @returns slots that were sent, in order */
function runnerThat(effects: readonly Effect[], store: ReplicaStore) {
  const sent: number[] = [];
  const failures: unknown[] = [];
  const idle: Clock = { now: () => 0, schedule: () => () => undefined };
  const parts = {
    self: 1,
    n: 4,
    cluster: 'test',
    replica: { step: () => effects } as unknown as Replica,
    signer: { seal: (message: unknown) => message },
    verifier: { checksVotesTogether: false },
    store,
    codec: { encode: () => new Uint8Array() },
    broker: { publish: () => Promise.resolve(1), hasUnread: false },
    channels: channelNames('test'),
    clock: idle,
  } as unknown as RunnerParts;
  const runner = new ReplicaRunner(parts, {
    onSent: (_to, message) => {
      if (message.kind === 'decision') sent.push(message.sequence);
    },
    onFatal: (error) => failures.push(error),
  });
  return { runner, sent, failures };
}

/** A member that claims so many times to have executed nothing. */
function callsForHelp(calls: number): Effect[] {
  return Array.from({ length: calls }, () => {
    return { kind: 'send-decisions', to: 3, first: 1, last: SLOTS };
  });
}

/** How much was read at a time, and by how many. */
function watched(store: ReplicaStore) {
  const read = store.decisions.bind(store);
  const parse = JSON.parse.bind(JSON);
  const most = { parsed: 0, reading: 0 };
  let parsed = 0;
  let reading = 0;
  vi.spyOn(JSON, 'parse').mockImplementation((text, reviver) => {
    parsed += text.length;
    return parse(text, reviver) as unknown;
  });
  vi.spyOn(store, 'decisions').mockImplementation(async (...range) => {
    if (reading === 0) parsed = 0;
    reading += 1;
    most.reading = Math.max(most.reading, reading);
    const page = await read(...range);
    most.parsed = Math.max(most.parsed, parsed);
    reading -= 1;
    return page;
  });
  onTestFinished(() => void vi.restoreAllMocks());
  return most;
}

describe('decisions for replicas that are behind', () => {
  it.each([
    ['long results', 10, 'get', 'x'.repeat(1_000_000), 100_000],
    ['long requests', 2, 'x'.repeat(600_000), 'done', 1_300_000],
  ])(
    'A5, sibling: are read one call after another, a few characters at a time: %s',
    async (_, calls, operation, result, bound) => {
      const store = await storeOnDisk(
        Array.from({ length: SLOTS }, (_none, index) => executed(index + 1, operation, result)),
      );
      const most = watched(store);
      const { runner, sent, failures } = runnerThat(callsForHelp(calls), store);
      runner.start();
      await vi.waitUntil(() => sent.length === calls * SLOTS, 20_000);
      expect(failures).toEqual([]);
      expect(most.reading).toBe(1);
      expect(most.parsed).toBeLessThan(bound);
      await runner.stop();
    },
    30_000,
  );

  it('are read no more once the runner has stopped', async () => {
    const store = await storeOnDisk([executed(1, 'get', 'done')]);
    const { runner, sent, failures } = runnerThat(callsForHelp(10), store);
    runner.start();
    await runner.stop();
    const read = vi.spyOn(store, 'decisions');
    await store.close();
    await new Promise(setImmediate);
    expect(read).not.toHaveBeenCalled();
    expect(sent.length).toBeLessThan(10);
    expect(failures).toEqual([]);
  });
});
