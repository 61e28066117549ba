import { describe, expect, it } from 'vitest';
import type { Decision, PrePrepare } from './messages/index.js';
import { Bench, certified, prePrepare, request, status, vote } from './replica-bench.testkit.js';

describe('accepting a pre-prepare (PBFT, section 4.2)', () => {
  const refusals: [string, Partial<PrePrepare>][] = [
    ['wrong-view', { view: 1 }],
    ['wrong-primary', { replica: 1 }],
    ['outside-watermarks', { sequence: 257 }],
    ['invalid-collector', { collector: 0 }],
    ['invalid-collector', { collector: 4 }],
    ['empty-batch', { requests: [] }],
    ['batch-too-large', { requests: Array.from({ length: 257 }, () => 'r') }],
  ];
  it.each(refusals)('is refused as %s', (code, overrides) => {
    const bench = new Bench(1).receive({ ...prePrepare(1, [request(1)]), ...overrides });
    expect(bench.rejects()).toEqual([code]);
    expect(bench.sent('vote')).toEqual([]);
  });

  it('refuses a batch that could not be passed on in one message', () => {
    const operation = 'x'.repeat(150 * 1024);
    const batch = [request(1, { operation }), request(2, { operation })];
    const bench = new Bench(1).receive(prePrepare(1, batch));
    expect(bench.rejects()).toEqual(['batch-too-large']);
    expect(bench.sent('vote')).toEqual([]);
  });

  it('persists acceptance and vote before the vote leaves, and votes once', () => {
    const proposal = prePrepare(1, [request(1)]);
    const bench = new Bench(1).receive(proposal).receive(proposal);
    const kinds = bench.effects.map((effect) =>
      effect.kind === 'persist' ? effect.records[0]?.kind : effect.kind,
    );
    expect(kinds).toEqual(['accepted', 'voted', 'send', 'set-timer']);
    expect(bench.sent('vote')[0]?.to).toEqual({ kind: 'replica', id: 2 });
  });

  it('fetches what it lacks before it votes, and votes when the body comes', () => {
    const bench = new Bench(1).receive(prePrepare(1, [request(1), request(2)], false));
    expect(bench.sent('fetch')[0]?.to).toEqual({ kind: 'replica', id: 0 });
    bench.receive(request(1));
    expect(bench.sent('vote')).toEqual([]);
    bench.receive(request(2));
    expect(bench.sent('vote')).toHaveLength(1);
  });

  it('keeps two proposals for one slot as proof, also after it executed', () => {
    const bench = new Bench(1).receive(prePrepare(1, [request(1)]));
    bench.receive(certified('commit', 'batch(r1)'));
    expect(bench.replica.status().lastExecuted).toBe(1);
    const stranger = { ...prePrepare(1, [request(2)]), replica: 3 };
    bench.receive(stranger);
    expect(bench.of('evidence')).toEqual([]);
    bench.receive(prePrepare(1, [request(2)]));
    expect(bench.of('evidence')[0]?.evidence).toMatchObject({
      kind: 'conflicting-proposals',
      accused: 0,
    });
  });
});

describe('certificates', () => {
  it('Q distinct votes make one, Q messages do not', () => {
    const bench = new Bench(2, 'ccro', 'done', { tuning: { fastPath: false } });
    bench.receive(prePrepare(1, [request(1)]));
    const digest = 'batch(r1)';
    bench.receive(vote('prepare', 1, digest)).receive(vote('prepare', 1, digest));
    expect(bench.sent('certificate')).toEqual([]);
    bench.receive(vote('prepare', 3, digest));
    expect(bench.sent('certificate')).toHaveLength(1);
  });

  it('a collector publishes each phase once, however many votes come', () => {
    const digest = 'batch(r1)';
    const bench = new Bench(2).receive(prePrepare(1, [request(1)]));
    bench.receive(certified('commit', digest));
    for (const replica of [0, 1, 3]) bench.receive(vote('prepare', replica, digest));
    expect(bench.sent('certificate')).toEqual([]);
  });

  it('votes that overtake the pre-prepare are certified and published when it arrives', () => {
    const digest = 'batch(r1)';
    const bench = new Bench(1);
    for (const replica of [0, 2, 3]) bench.receive(vote('prepare', replica, digest), 'direct');
    expect(bench.sent('certificate')).toEqual([]);
    bench.receive({ ...prePrepare(1, [request(1)]), collector: 1 });
    expect(bench.sent('certificate').map(({ to }) => to)).toEqual([{ kind: 'all' }]);
  });

  it('a prepare certificate for another digest than accepted wins, and the primary is exposed', () => {
    const bench = new Bench(1).receive(prePrepare(1, [request(1)]));
    bench.receive(certified('prepare', 'batch(r2)'));
    const commit = bench.sent('vote').at(-1)?.message;
    expect(commit).toMatchObject({ phase: 'commit', digest: 'batch(r2)' });
    expect(bench.sent('pre-prepare')[0]?.message).toMatchObject({ digest: 'batch(r1)' });
  });

  it('two commit certificates that disagree stop the replica, executed or not', () => {
    const executed = new Bench(1).receive(prePrepare(1, [request(1)]));
    executed.receive(certified('commit', 'batch(r1)'));
    expect(() => executed.receive(certified('commit', 'other'))).toThrow(/agreement/);
    const waiting = new Bench(1).receive(certified('commit', 'batch(r1)'));
    expect(() => waiting.receive(certified('commit', 'other'))).toThrow(/agreement/);
  });
});

describe('execution', () => {
  it('goes on as soon as the last missing body arrives, whatever came before it', () => {
    const bench = new Bench(1).receive(prePrepare(1, [request(1)], false));
    bench.receive(certified('commit', 'batch(r1)'));
    expect(bench.replica.status().lastExecuted).toBe(0);
    bench.receive(request(1));
    expect(bench.replica.status().lastExecuted).toBe(1);
    expect(bench.sent('reply')).toHaveLength(1);
  });

  it('splits replies that would not fit into one message', () => {
    const bench = new Bench(1, 'ccro', 'x'.repeat(100 * 1024));
    bench.receive(prePrepare(1, [request(1), request(2), request(3)]));
    bench.receive(certified('commit', 'batch(r1,r2,r3)'));
    expect(bench.sent('reply')).toHaveLength(3);
  });

  it('executes a (client, timestamp) once and answers a repetition from its cache', () => {
    const bench = new Bench(1).receive(prePrepare(1, [request(1), request(1)]));
    bench.receive(certified('commit', 'batch(r1,r1)'));
    const results = bench.sent('reply').map(({ message }) => message);
    expect(results).toMatchObject([{ results: [{ timestamp: 1 }] }]);
    bench.receive(request(1));
    expect(bench.sent('reply')).toHaveLength(2);
  });

  it('proposes again what its own slot was not decided on', () => {
    const bench = new Bench(0);
    for (const replica of [1, 2]) {
      bench.receive(status(replica));
    }
    bench.receive(request(1), 'direct');
    expect(bench.sent('pre-prepare')).toHaveLength(1);
    bench.receive(prePrepare(1, [request(1)]), 'self');
    const decision: Decision = {
      kind: 'decision',
      sequence: 1,
      view: 0,
      digest: 'batch(r2)',
      requests: [request(2)],
      certificate: certified('commit', 'batch(r2)'),
    };
    bench.receive(decision);
    const proposed = bench.sent('pre-prepare').map(({ message }) => message);
    expect(proposed.at(-1)).toMatchObject({ sequence: 2, requests: ['r1'] });
  });
});

describe('requests that come together', () => {
  const together = { kind: 'requests', requests: [1, 2, 3].map((each) => request(each)) } as const;
  const batch = 'batch(r1,r2,r3)';

  it('are one batch', () => {
    const bench = new Bench(0);
    for (const replica of [1, 2]) {
      bench.receive(status(replica));
    }
    bench.receive(together, 'direct');
    const proposed = bench.sent('pre-prepare').map(({ message }) => message);
    expect(proposed).toMatchObject([{ sequence: 1, requests: ['r1', 'r2', 'r3'] }]);
  });

  it('are passed on to the primary in one message', () => {
    const bench = new Bench(1);
    bench.receive(together, 'direct');
    expect(bench.sent('requests')).toMatchObject([
      { to: { kind: 'replica', id: 0 }, message: together },
    ]);
  });

  it('are answered in one reply, in full the second time', () => {
    // Replica 2 is none of the f + 1 that tell the results of slot 1.
    for (const [self, brief] of [
      [2, true],
      [3, false],
    ] as const) {
      const bench = new Bench(self).receive(prePrepare(1, together.requests));
      bench.receive({ ...certified('commit', batch), digest: batch });
      bench.receive(together);
      const replies = bench.sent('reply').map(({ message }) => message);
      expect(replies).toHaveLength(2);
      expect(replies[0]).toMatchObject({ brief });
      expect(replies[1]).not.toMatchObject({ brief: true });
      for (const reply of replies) expect(reply).toHaveProperty('results.length', 3);
    }
  });
});

describe('what others can draw out of a replica', () => {
  it('altered copies of one reminder start no fetches and no timers', () => {
    const bench = new Bench(1);
    for (let attempt = 1; attempt <= 2000; attempt += 1) {
      bench.receive(vote('prepare', 3, 'batch(r1)', { attempt }));
      bench.receive(vote('prepare', 3, `lie ${attempt}`, { attempt }));
    }
    expect(bench.sent('fetch')).toEqual([]);
    expect(bench.of('set-timer')).toEqual([]);
  });

  it('f + 1 reminders of an unknown slot start one fetch', () => {
    const bench = new Bench(1);
    for (let attempt = 1; attempt <= 50; attempt += 1) {
      bench.receive(vote('prepare', 3, 'batch(r1)', { attempt }));
      bench.receive(vote('prepare', 2, 'batch(r1)', { attempt }));
    }
    expect(bench.sent('fetch')).toHaveLength(1);
  });

  it('A5: forty calls for help draw no more bytes than the budget holds', () => {
    const bench = new Bench(1);
    for (let sequence = 1; sequence <= 16; sequence += 1) {
      const each = request(sequence, { operation: 'x'.repeat(200_000) });
      const digest = `batch(r${sequence})`;
      bench.receive(prePrepare(sequence, [each]));
      bench.receive({ ...certified('commit', digest), sequence });
    }
    expect(bench.replica.status().lastExecuted).toBe(16);
    const word = status(0);
    for (let times = 0; times < 40; times += 1) {
      bench.receive(word);
    }
    const sent = bench.of('send-decisions').map(({ first, last }) => last - first + 1);
    expect(sent.reduce((sum, each) => sum + each, 0) * 200_000).toBeLessThanOrEqual(
      4 * 1024 * 1024,
    );
    expect(sent[0]).toBe(16);
    expect(bench.rejects()).toContain('throttled');
  });

  it('A5, sibling: whoever has drawn all the decisions it may still gets certificates', () => {
    const bench = new Bench(1);
    for (let sequence = 1; sequence <= 16; sequence += 1) {
      const each = request(sequence, { operation: 'x'.repeat(200_000) });
      bench.receive(prePrepare(sequence, [each]));
      bench.receive({ ...certified('commit', `batch(r${sequence})`), sequence });
    }
    bench.receive({ ...certified('checkpoint', 'a state'), view: 0, sequence: 64 });
    const word = status(0);
    for (let times = 0; times < 40; times += 1) {
      bench.receive(word);
    }
    expect(bench.rejects()).toContain('throttled');
    expect(bench.sent('certificate')).toHaveLength(40);
  });

  it('A5, sibling: so do repeated requests for a long result', () => {
    const bench = new Bench(1, 'ccro', 'x'.repeat(100_000));
    bench.receive(prePrepare(1, [request(1)])).receive(certified('commit', 'batch(r1)'));
    for (let times = 0; times < 200; times += 1) bench.receive(request(1));
    expect(bench.sent('reply').length).toBeLessThanOrEqual(42);
  });

  it('replayed calls for help are throttled', () => {
    const bench = new Bench(1).receive(prePrepare(1, [request(1)]));
    bench.receive(certified('commit', 'batch(r1)'));
    const fetch = { kind: 'fetch', replica: 3, sequence: 1, digest: 'batch(r1)', signature: 's' };
    for (let times = 0; times < 50_000; times += 1) bench.receive(fetch, 'direct');
    const answered = bench.of('send-decisions').length;
    expect(answered).toBeLessThanOrEqual(4096);
    expect(bench.rejects().filter((code) => code === 'throttled')).toHaveLength(50_000 - answered);
  });
});

describe('a failing collector', () => {
  it('is passed over when f + 1 others remind the primary, though it serves the primary', () => {
    const bench = new Bench(0);
    bench.receive(prePrepare(1, [request(1)]), 'self');
    expect(bench.replica.status().collector).toBe(2);
    bench.receive(vote('prepare', 1, 'batch(r1)', { attempt: 1 }));
    expect(bench.replica.status().collector).toBe(2);
    bench.receive(vote('prepare', 3, 'batch(r1)', { attempt: 1 }));
    expect(bench.replica.status().collector).toBe(3);
  });

  it('costs one timeout: both phases of the slot are broadcast afterwards', () => {
    const bench = new Bench(1).receive(prePrepare(1, [request(1)]));
    bench.fire({ kind: 'certificate', view: 0, sequence: 1, phase: 'prepare' });
    bench.receive(certified('prepare', 'batch(r1)'));
    expect(bench.sent('vote').map(({ to }) => to.kind)).toEqual(['replica', 'all', 'all']);
    expect(bench.of('evidence')[0]?.evidence).toMatchObject({
      kind: 'collector-failed',
      accused: 2,
    });
  });

  it('is nobody in PBFT', () => {
    const bench = new Bench(1, 'pbft').receive(prePrepare(1, [request(1)]));
    bench.fire({ kind: 'certificate', view: 0, sequence: 1, phase: 'prepare' });
    expect(bench.of('evidence')).toEqual([]);
  });
});

describe('leaving a view (PBFT, section 4.4)', () => {
  const viewChange = (replica: number, view: number) => ({
    kind: 'view-change',
    view,
    stable: { sequence: 0, digest: '', certificate: null },
    slots: [],
    replica,
    digest: `vc${replica}`,
    signature: 's',
  });

  it('f view-changes move nobody, f + 1 do', () => {
    const bench = new Bench(1).receive(viewChange(2, 9));
    expect(bench.replica.status()).toMatchObject({ view: 0, active: true });
    bench.receive(viewChange(3, 4));
    expect(bench.replica.status()).toMatchObject({ view: 4, active: false });
  });

  it('votes for nothing any more, whatever bodies arrive', () => {
    const bench = new Bench(1).receive(prePrepare(1, [request(1)], false));
    bench.receive(viewChange(2, 1)).receive(viewChange(3, 1));
    bench.receive(request(1));
    bench.receive(prePrepare(1, [request(1)]));
    for (const replica of [0, 2, 3]) bench.receive(vote('prepare', replica, 'batch(r1)'));
    expect(bench.sent('vote')).toEqual([]);
    expect(bench.sent('certificate')).toEqual([]);
  });

  it('reports what it voted for, with its certificate', () => {
    const bench = new Bench(1).receive(prePrepare(1, [request(1)]));
    bench.receive(certified('prepare', 'batch(r1)'));
    bench.receive(viewChange(2, 1)).receive(viewChange(3, 1));
    expect(bench.sent('view-change')[0]?.message).toMatchObject({
      view: 1,
      slots: [
        {
          sequence: 1,
          vote: { view: 0, digest: 'batch(r1)' },
          certificate: { phase: 'prepare', digest: 'batch(r1)' },
        },
      ],
    });
  });
});

describe('what a replica tells of itself', () => {
  it('where it is', () => {
    const bench = new Bench(1).receive(request(2)).receive(prePrepare(1, [request(1)]));
    expect(bench.replica.status()).toEqual({
      ...{ view: 0, active: true, primary: 0, collector: 2, takesPart: true, differing: [] },
      ...{ lastExecuted: 0, stableCheckpoint: 0, lowWatermark: 0, highWatermark: 256 },
      ...{ pooledRequests: 1, slots: 1, ledgerHead: 'batch()' },
    });
  });

  it('the votes that it has verified, of slots and of checkpoints', () => {
    const bench = new Bench(1, 'pbft');
    const [prepare, checkpoint] = [
      vote('prepare', 3, 'd', { sequence: 128 }),
      vote('checkpoint', 3, 'state', { sequence: 128 }),
    ];
    expect(bench.replica.vote(prepare)).toBeUndefined();
    bench.receive(prepare);
    expect(bench.replica.vote(checkpoint)).toBeUndefined();
    bench.receive(checkpoint);
    expect(bench.replica.vote(prepare)).toBe(prepare);
    expect(bench.replica.vote(checkpoint)).toBe(checkpoint);
    expect(bench.replica.vote({ ...prepare, replica: 2 })).toBeUndefined();
  });

  it('requests that it holds, and the newest one of a client that executed', () => {
    const bench = new Bench(1).receive(request(1)).receive(prePrepare(1, [request(1)]));
    expect(bench.replica.request('r1')).toEqual(request(1));
    expect(bench.replica.newestTimestamp('c')).toBeUndefined();
    bench.receive(certified('commit', 'batch(r1)'));
    expect(bench.replica.request('r1')).toBeUndefined();
    expect(bench.replica.newestTimestamp('c')).toBe(1);
  });

  it('how the others voted on a slot, once it is decided', () => {
    const bench = new Bench(1, 'pbft').receive(prePrepare(1, [request(1)]));
    bench.receive(vote('prepare', 3, 'another'));
    expect(bench.replica.tally(1)).toBeUndefined();
    expect(bench.replica.tally(2)).toBeUndefined();
    bench.receive(certified('commit', 'batch(r1)'));
    expect(bench.replica.tally(1)).toEqual({ correct: 3, corrupt: 1 });
  });

  it('whether the proofs in a view-change are worth checking', () => {
    const bench = new Bench(2);
    const viewChange = { digest: 'vc3' } as never;
    expect(bench.replica.wantsProofs(viewChange)).toBe(false);
    const viewChanges = [0, 1, 3].map((replica) => ({ replica, digest: `vc${replica}` }));
    const newView = { kind: 'new-view', view: 1, viewChanges, reproposals: [], replica: 1 };
    bench.receive({ ...newView, signature: 's' });
    expect(bench.replica.wantsProofs(viewChange)).toBe(true);
  });

  it('its state, hashed once for as far as it has executed', () => {
    const bench = new Bench(1).receive(prePrepare(1, [request(1)]));
    const before = bench.replica.stateDigest();
    expect(bench.replica.stateDigest()).toBe(before);
    bench.receive(certified('commit', 'batch(r1)'));
    const after = bench.replica.stateDigest();
    expect(after).not.toBe(before);
    expect(bench.replica.stateDigest()).toBe(after);
  });
});
