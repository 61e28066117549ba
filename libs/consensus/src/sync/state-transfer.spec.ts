import { describe, expect, it } from 'vitest';
import type { Certificate, ChunkPart, FetchChunk, Verified } from '../messages/index.js';
import {
  Bench,
  certified,
  decision,
  hex,
  prePrepare,
  replicaState,
  request,
  status,
} from '../replica-bench.testkit.js';
import { MAX_CHUNK_BYTES, requireTransferable } from '../state/chunk-limit.js';
import { manifestText, partsOf } from '../state/manifest.js';
import type { ReplicaState } from '../state/replica-state.js';
import { Transfer } from '../state/transfer.js';
import { fetchState } from './fetching-state.js';
import { onFetchChunk, takePart } from './state-transfer.js';

const CHUNKS = [
  { name: 'clients/c', text: '[-1,[[7,"r7",512,"b512","done"]]]' },
  { name: 'state/log', text: 'op1,op2' },
].map((chunk) => ({ ...chunk, digest: hex(`${chunk.name}=${chunk.text}`) }));
const HEAD = hex('head');

function stable(sequence: number): Certificate {
  const signers = [0, 1, 2];
  const digest = checkpointDigest(sequence);
  const proof = { scheme: 'words', signers, signatures: signers.map(() => 's') };
  return { kind: 'certificate', phase: 'checkpoint', view: 0, sequence, digest, proof };
}

function checkpointDigest(sequence: number): string {
  const chunks = CHUNKS.map(({ name, digest }) => ({ name, digest }));
  return hex(JSON.stringify({ sequence, ledgerHead: HEAD, chunks }));
}

function asked(bench: Bench): FetchChunk[] {
  return bench.sent('fetch-chunk').map(({ message }) => message as unknown as FetchChunk);
}

function sourceOf(bench: Bench): number {
  const last = bench.sent('fetch-chunk').at(-1);
  return last?.to.kind === 'replica' ? last.to.id : -1;
}

function answer(bench: Bench, fetch: FetchChunk, overrides: Partial<ChunkPart> = {}): ChunkPart {
  const { sequence, chunk, part } = fetch;
  const manifest = manifestText({ ledgerHead: HEAD, chunks: CHUNKS });
  const text = chunk === '' ? manifest : (CHUNKS.find(({ name }) => name === chunk)?.text ?? '');
  const replica = sourceOf(bench);
  const base = { kind: 'chunk-part', replica, sequence, chunk, part, parts: 1, text } as const;
  return { ...base, signature: 's', ...overrides };
}

/** Answers what is asked until nothing more is. */
function serve(bench: Bench, from = 0): void {
  for (let index = from; index < asked(bench).length; index += 1) {
    const fetch = asked(bench)[index];
    if (fetch !== undefined) bench.receive(answer(bench, fetch));
  }
}

const FAR = 512;
/** Texts of 64 MiB take a busy machine a while. */
const LARGE = { timeout: 60_000 } as const;

const PART = { kind: 'chunk-part', replica: 0, sequence: FAR, signature: 's' } as const;

describe('state transfer (PBFT, section 4.6.1)', () => {
  it('takes over a certified state, stores it whole, and goes on from there', () => {
    const bench = new Bench(3).receive(stable(FAR));
    serve(bench);
    expect(bench.replica.status().lastExecuted).toBe(FAR);
    expect(bench.replica.status().ledgerHead).toBe(HEAD);
    expect(bench.executed).toEqual(['op1', 'op2']);
    expect(bench.stored().at(-1)).toEqual({
      kind: 'snapshot',
      snapshot: { sequence: FAR, ledgerHead: HEAD, chunks: CHUNKS },
    });
    expect(bench.replica.stateDigest()).toBe(checkpointDigest(FAR));
  });

  it('A9, sibling: is not followed by votes on the slots that it contains', () => {
    const bench = new Bench(3).receive(stable(384)).receive(prePrepare(500, [request(1)]));
    const onSlots = (): number => bench.sent('vote').filter(({ to }) => to.kind === 'all').length;
    const from = asked(bench).length;
    bench.receive(stable(FAR));
    serve(bench, from);
    expect(bench.replica.status().lastExecuted).toBe(FAR);
    const timer = { kind: 'certificate', view: 0, sequence: 500, phase: 'prepare' } as const;
    const timers = bench.of('set-timer').length;
    bench.fire(timer).fire(timer);
    expect(onSlots()).toBe(0);
    expect(bench.of('set-timer')).toHaveLength(timers);
  });

  it('A7, sibling: after an outage the next source is asked at once', () => {
    const bench = new Bench(3).receive(stable(FAR));
    const source = sourceOf(bench);
    const timer = { kind: 'transfer', attempt: 0 } as const;
    bench.disconnect();
    for (let time = 0; time < 50; time += 1) bench.fire(timer);
    bench.effects = [];
    bench.connect();
    expect(asked(bench)).toMatchObject([{ chunk: '', part: 0 }]);
    expect(sourceOf(bench)).not.toBe(source);
    const waits = bench.of('set-timer').filter((each) => each.timer.kind === 'transfer');
    expect(waits).toMatchObject([{ timer: { attempt: 1 }, afterMs: 1000 }]);
    serve(bench);
    expect(bench.replica.status().lastExecuted).toBe(FAR);
  });

  it('is not begun for what catching up brings', () => {
    expect(asked(new Bench(3).receive(stable(256)))).toEqual([]);
  });

  it('drops a source whose manifest is not the certified one, and asks another', () => {
    const bench = new Bench(3).receive(stable(FAR));
    const liar = sourceOf(bench);
    const [fetch] = asked(bench);
    if (fetch === undefined) throw new Error('nothing asked');
    const text = manifestText({ ledgerHead: hex('other'), chunks: CHUNKS });
    bench.receive(answer(bench, fetch, { text }));
    expect(bench.rejects()).toContain('wrong-chunk');
    expect(bench.of('evidence')[0]?.evidence).toMatchObject({ kind: 'wrong-chunk', accused: liar });
    expect(sourceOf(bench)).not.toBe(liar);
    serve(bench, 1);
    expect(bench.replica.status().lastExecuted).toBe(FAR);
  });

  it('drops a source that sends a wrong chunk, keeping what was verified', () => {
    const bench = new Bench(3).receive(stable(FAR));
    const liar = sourceOf(bench);
    const [manifest] = asked(bench);
    if (manifest === undefined) throw new Error('nothing asked');
    bench.receive(answer(bench, manifest));
    const [, first, second] = asked(bench);
    if (first === undefined || second === undefined) throw new Error('no chunks asked');
    bench.receive(answer(bench, first));
    bench.receive(answer(bench, second, { text: 'op1,lie' }));
    const again = asked(bench).slice(3);
    expect(again.map(({ chunk }) => chunk)).toEqual([second.chunk]);
    expect(sourceOf(bench)).not.toBe(liar);
    serve(bench, 3);
    expect(bench.executed).toEqual(['op1', 'op2']);
  });

  it('passes over a silent source, also while checkpoints come faster than answers', () => {
    const bench = new Bench(3).receive(stable(FAR));
    const silent = sourceOf(bench);
    for (let sequence = FAR + 128; sequence <= FAR + 1280; sequence += 128) {
      bench.receive(stable(sequence));
    }
    expect(sourceOf(bench)).toBe(silent);
    const timers = bench.of('set-timer').filter(({ timer }) => timer.kind === 'transfer');
    expect(timers).toHaveLength(1);
    bench.fire({ kind: 'transfer', attempt: 0 });
    expect(sourceOf(bench)).not.toBe(silent);
    serve(bench, asked(bench).length - 1);
    expect(bench.replica.status().lastExecuted).toBe(FAR + 1280);
  });

  it('passes over a source that drips: a part now and then is not enough', () => {
    const bench = new Bench(3).receive(stable(FAR));
    const slow = sourceOf(bench);
    const [fetch] = asked(bench);
    if (fetch === undefined) throw new Error('nothing asked');
    bench.receive(answer(bench, fetch, { parts: 1_000_000, text: 'x'.repeat(128 * 1024) }));
    expect(sourceOf(bench)).toBe(slow);
    bench.fire({ kind: 'transfer', attempt: 0 });
    expect(sourceOf(bench)).not.toBe(slow);
  });

  it('takes only so much that is not verified, whatever the source announces', () => {
    const bench = new Bench(3).receive(stable(FAR));
    const liar = sourceOf(bench);
    const [fetch] = asked(bench);
    if (fetch === undefined) throw new Error('nothing asked');
    const text = 'x'.repeat(128 * 1024);
    for (let part = 0; part <= 512 && sourceOf(bench) === liar; part += 1) {
      bench.receive(answer(bench, fetch, { replica: liar, part, parts: 1_000_000, text }));
    }
    expect(bench.rejects()).toContain('wrong-chunk');
    expect(sourceOf(bench)).not.toBe(liar);
  });

  it.each([
    ['parts that bring nothing', [{ part: 0, parts: 1000, text: '' }]],
    ['parts of another size', [{ part: 0, parts: 2, text: 'x'.repeat(4096) }]],
    [
      'ever more parts',
      [
        { part: 0, parts: 2, text: 'x'.repeat(128 * 1024) },
        { part: 1, parts: 3, text: 'x'.repeat(128 * 1024) },
      ],
    ],
  ])('drops a source that sends %s', (_, parts) => {
    const bench = new Bench(3).receive(stable(FAR));
    const liar = sourceOf(bench);
    const [fetch] = asked(bench);
    if (fetch === undefined) throw new Error('nothing asked');
    for (const part of parts) bench.receive(answer(bench, fetch, part));
    expect(bench.rejects()).toContain('wrong-chunk');
    expect(sourceOf(bench)).not.toBe(liar);
  });

  it.each([
    ['one byte', 'x'],
    ['three bytes', '\uffff'],
    ['four bytes', '\u{1f600}'],
  ])('A2: takes the largest chunk that there may be, of characters of %s', LARGE, (_, unit) => {
    const text = unit.repeat(MAX_CHUNK_BYTES / Buffer.byteLength(unit));
    const parts = partsOf(text);
    const transfer = new Transfer(stable(FAR) as Certificate<'checkpoint'>, 3);
    transfer.manifest = { ledgerHead: HEAD, chunks: [{ name: 'state/a', digest: HEAD }] };
    transfer.startNext();
    const kinds = parts.map((part, index) => {
      const at = { chunk: 'state/a', part: index, parts: parts.length, text: part };
      return transfer.add({ ...PART, ...at }).kind;
    });
    expect(kinds.at(-1)).toBe('whole');
    expect(new Set(kinds.slice(0, -1))).toEqual(new Set(['incomplete']));
  });

  it('A2: no replica makes a chunk that could not be transferred', LARGE, () => {
    const text = '\uffff'.repeat(MAX_CHUNK_BYTES / 3 + 1);
    expect(() => requireTransferable('state/a', text)).toThrow(/transferable.*state\/a/);
    expect(() => requireTransferable('state/a', text.slice(1))).not.toThrow();
    expect(() => requireTransferable('state/a', 'x'.repeat(MAX_CHUNK_BYTES))).not.toThrow();
  });

  it('fetches large chunks one after another, and blames nobody for their size', LARGE, () => {
    // Three of 30 Mi characters arrive side by side: more than may be unverified at a time.
    const part = 'x'.repeat(128 * 1024);
    const parts = 240;
    const transfer = new Transfer(stable(FAR) as Certificate<'checkpoint'>, 3);
    const names = ['state/a', 'state/b', 'state/c'];
    transfer.manifest = { ledgerHead: HEAD, chunks: names.map((name) => ({ name, digest: HEAD })) };
    const next = new Map(transfer.startNext().map((name) => [name, 0]));
    expect([...next.keys()]).toEqual(names);
    let most = 0;
    const whole: string[] = [];
    while (next.size > 0) {
      for (const [chunk, index] of next) {
        const taken = transfer.add({ ...PART, chunk, part: index, parts, text: part });
        expect(taken.kind).not.toBe('impossible');
        if (taken.kind === 'incomplete') next.set(chunk, taken.next);
        else next.delete(chunk);
        if (taken.kind !== 'whole') continue;
        whole.push(chunk);
        transfer.chunks.set(chunk, { name: chunk, text: '', digest: HEAD });
        for (const name of transfer.startNext()) next.set(name, 0);
      }
      most = Math.max(most, next.size);
    }
    expect(whole.sort()).toEqual(names);
    expect(transfer.complete).toBe(true);
  });

  it('ends when this replica came further by itself', () => {
    const bench = new Bench(3, 'pbft').receive(stable(2));
    for (let index = 0; index < 5; index += 1) bench.fire({ kind: 'status' });
    expect(asked(bench)).not.toEqual([]);
    for (const sequence of [1, 2, 3]) {
      const digest = `batch(r${sequence})`;
      const requests = [request(sequence)];
      const proof = { ...certified('commit', digest), sequence };
      bench.receive({ kind: 'decision', sequence, view: 0, digest, requests, certificate: proof });
    }
    expect(bench.replica.status().lastExecuted).toBe(3);
    expect(bench.of('cancel-timer').map(({ timer }) => timer.kind)).toContain('transfer');
    const statuses = bench.sent('status').length;
    bench.fire({ kind: 'status' }).fire({ kind: 'status' });
    expect(bench.sent('status').length).toBeGreaterThan(statuses);
  });

  it('uses nothing that it did not ask for', () => {
    const bench = new Bench(3).receive(stable(FAR));
    const [fetch] = asked(bench);
    if (fetch === undefined) throw new Error('nothing asked');
    const stranger = (sourceOf(bench) + 1) % 3;
    bench.receive(answer(bench, fetch, { replica: stranger }));
    bench.receive(answer(bench, fetch, { sequence: 384 }));
    bench.receive(answer(bench, fetch, { chunk: 'state/log' }));
    expect(bench.rejects()).toEqual(['unsolicited', 'unsolicited']);
    expect(bench.replica.status().lastExecuted).toBe(0);
  });

  it('answers from its store, and says when there is a newer state', () => {
    const bench = new Bench(1);
    const fetch = { kind: 'fetch-chunk', replica: 3, sequence: 64, chunk: '', part: 0 } as const;
    bench.receive({ ...fetch, signature: 's' });
    expect(bench.of('send-chunk')).toEqual([
      { kind: 'send-chunk', to: 3, sequence: 64, chunk: '', part: 0 },
    ]);
    bench.receive(stable(128));
    bench.receive({ ...fetch, signature: 's' });
    expect(bench.sent('certificate').at(-1)?.to).toEqual({ kind: 'replica', id: 3 });
  });

  it('asks for nothing more once the state is here, and says what it does', () => {
    const bench = new Bench(3).receive(stable(FAR));
    serve(bench);
    const progress = bench.of('progress').map((effect) => effect.progress);
    expect(progress).toEqual([
      { kind: 'stable-checkpoint', sequence: FAR },
      { kind: 'fetching-state', sequence: FAR },
      { kind: 'took-state-over', sequence: FAR },
    ]);
    expect(asked(bench).map(({ chunk }) => chunk)).toEqual(['', 'clients/c', 'state/log']);
    expect(bench.rejects()).toEqual([]);
    expect(bench.of('cancel-timer').map(({ timer }) => timer)).toContainEqual({
      kind: 'transfer',
      attempt: 0,
    });
    expect(bench.replica.waiting()).toBeUndefined();
  });

  it('asks for a chunk part by part, and for nothing twice', () => {
    const bench = new Bench(3).receive(stable(FAR));
    const [manifest] = asked(bench);
    if (manifest === undefined) throw new Error('nothing asked');
    bench.receive(answer(bench, manifest, { parts: 3, text: 'x'.repeat(128 * 1024) }));
    expect(asked(bench).map(({ chunk, part }) => [chunk, part])).toEqual([
      ['', 0],
      ['', 1],
    ]);
    expect(bench.rejects()).toEqual([]);
  });

  it('stores chunks in the order of their names, in whichever they came', () => {
    const bench = new Bench(3).receive(stable(FAR));
    bench.receive(answer(bench, asked(bench)[0] as FetchChunk));
    for (const fetch of asked(bench).slice(1).reverse()) bench.receive(answer(bench, fetch));
    expect(bench.stored().at(-1)).toMatchObject({ snapshot: { chunks: CHUNKS } });
    expect(bench.replica.status().lastExecuted).toBe(FAR);
  });

  it('does not take what is no manifest for one', () => {
    const bench = new Bench(3).receive(stable(FAR));
    bench.receive(answer(bench, asked(bench)[0] as FetchChunk, { text: '{}' }));
    expect(bench.rejects()).toEqual(['wrong-chunk']);
    expect(bench.of('evidence').map(({ evidence }) => evidence)).toEqual([
      { kind: 'wrong-chunk', accused: expect.any(Number), sequence: FAR, chunk: '' },
    ]);
  });

  it('ends when every source lied, and begins anew with those that came since', () => {
    const bench = new Bench(3).receive(stable(FAR));
    for (let lies = 0; lies < 3; lies += 1) {
      bench.receive(answer(bench, asked(bench).at(-1) as FetchChunk, { text: 'lie' }));
    }
    expect(bench.rejects()).toEqual(['wrong-chunk', 'wrong-chunk', 'wrong-chunk']);
    expect(asked(bench)).toHaveLength(3);
    expect(bench.replica.waiting()?.kind).not.toBe('state');
    bench.receive(stable(FAR + 128));
    expect(asked(bench)).toHaveLength(4);
  });

  it('leaves out requests that the state has executed, and keeps the others', () => {
    const bench = new Bench(3).receive(request(7)).receive(request(8));
    bench.receive(stable(FAR));
    serve(bench);
    expect(bench.replica.status().pooledRequests).toBe(1);
    expect(bench.replica.request('r7')).toBeUndefined();
    expect(bench.replica.request('r8')).toBeDefined();
  });

  it('goes on with what was decided above the state meanwhile', () => {
    const bench = new Bench(3).receive(stable(FAR));
    bench.receive({ ...decision(FAR + 1, [request(8)]) });
    serve(bench);
    expect(bench.replica.status().lastExecuted).toBe(FAR + 1);
  });

  it('makes a primary propose above it', () => {
    const bench = new Bench(0, 'pbft');
    for (const replica of [1, 2]) bench.receive(status(replica));
    bench.receive(stable(FAR));
    serve(bench);
    bench.receive(request(8), 'direct');
    expect(bench.sent('pre-prepare').map(({ message }) => message)).toMatchObject([
      { sequence: FAR + 1, requests: ['r8'] },
    ]);
  });

  it('tells of a newer state only those that ask for the list of chunks', () => {
    const bench = new Bench(1).receive(stable(128));
    const fetch = { kind: 'fetch-chunk', replica: 3, sequence: 64, part: 0 } as const;
    bench.receive({ ...fetch, chunk: 'state/log', signature: 's' });
    expect(bench.of('send-chunk')).toMatchObject([{ to: 3, chunk: 'state/log' }]);
    expect(bench.sent('certificate')).toEqual([]);
  });

  it('answers neither itself nor those that have drawn all they may', () => {
    const state = replicaState(1);
    const fetch = {
      kind: 'fetch-chunk',
      sequence: 64,
      chunk: '',
      part: 0,
      signature: 's',
    } as const;
    onFetchChunk(state, { ...fetch, replica: 1 });
    expect(state.takeEffects()).toEqual([]);
    const kinds = new Set<string>();
    for (let times = 0; times < 5000; times += 1) {
      onFetchChunk(state, { ...fetch, replica: 3 });
      const effects = state.takeEffects();
      expect(effects).toHaveLength(1);
      for (const { kind } of effects) kinds.add(kind);
    }
    expect([...kinds]).toEqual(['send-chunk', 'reject']);
  });
});

describe('the moment when a state is whole', () => {
  /** Replica 3, which has all of the state at `FAR` but for one chunk, and gets that from here on. */
  function nearlyWhole(): { readonly state: ReplicaState; readonly takeLast: () => void } {
    const state = replicaState(3);
    state.checkpoints.stabilise(stable(FAR) as Certificate<'checkpoint'>);
    fetchState(state);
    const take = (chunk: string, text: string) => {
      const part = {
        ...PART,
        replica: state.transfer?.source ?? -1,
        chunk,
        part: 0,
        parts: 1,
        text,
      };
      takePart(state, part as Verified<ChunkPart>);
    };
    take('', manifestText({ ledgerHead: HEAD, chunks: CHUNKS }));
    const [first, last] = CHUNKS;
    if (first === undefined || last === undefined) throw new Error('no chunks');
    take(first.name, first.text);
    state.takeEffects();
    return {
      state,
      takeLast: () => {
        take(last.name, last.text);
      },
    };
  }
  const kinds = (state: ReplicaState) => state.takeEffects().map(({ kind }) => kind);

  it('stores it, and spends the numbers below it', () => {
    const { state, takeLast } = nearlyWhole();
    takeLast();
    expect(state).toMatchObject({ lastExecuted: FAR, nextSequence: FAR + 1, transfer: undefined });
    expect(kinds(state)).toContain('persist');
    const further = nearlyWhole();
    further.state.nextSequence = FAR + 9;
    further.takeLast();
    expect(further.state.nextSequence).toBe(FAR + 9);
  });

  it.each([FAR, FAR + 1])('drops it when this replica has executed %i itself', (executed) => {
    const { state, takeLast } = nearlyWhole();
    state.lastExecuted = executed;
    takeLast();
    expect(state).toMatchObject({ lastExecuted: executed, transfer: undefined });
    expect(kinds(state)).toEqual(['cancel-timer']);
  });

  it('stops a replica whose state machine holds something else than it loaded', () => {
    const { state, takeLast } = nearlyWhole();
    const takeChanges = () => new Map([['log', 'something else']]);
    Object.assign(state.dependencies.stateMachine, { takeChanges });
    expect(takeLast).toThrow(/agreement.*taken over at 512/);
  });
});
