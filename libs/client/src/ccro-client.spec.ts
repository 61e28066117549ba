import { channelNames, InProcessHub, type Broker } from '@ccro/broker';
import { developmentCluster, developmentKey } from '@ccro/cluster-config';
import { sha256, createEd25519Scheme, MessageSigner, Verifier } from '@ccro/crypto';
import {
  type BriefReply,
  DROPPED_RESULT,
  type Reply,
  type Request,
  type RequestResult,
} from '@ccro/consensus';
import { json, parseNodeQuery, type NodeQuery } from '@ccro/wire';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { CcroClient, type CcroClientOptions } from './ccro-client.js';
import type { Clock } from '@ccro/clock';

const CLUSTER = 'client-spec';
const BATCH = sha256('batch');

/** A clock that stands still until it is told to move. */
class ManualClock implements Clock {
  private time = 0;
  private readonly timers = new Set<{ readonly atMs: number; readonly callback: () => void }>();

  now(): number {
    return this.time;
  }

  schedule(afterMs: number, callback: () => void): () => void {
    const timer = { atMs: this.time + afterMs, callback };
    this.timers.add(timer);
    return () => this.timers.delete(timer);
  }

  advance(ms: number): void {
    const end = this.time + ms;
    for (;;) {
      const due = [...this.timers].sort((a, b) => a.atMs - b.atMs)[0];
      if (due === undefined || due.atMs > end) break;
      this.timers.delete(due);
      this.time = due.atMs;
      due.callback();
    }
    this.time = end;
  }
}

/** Lets the hub deliver everything that is under way. */
async function delivered(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

/** Tells whether a promise has resolved by now. */
function watch(promise: Promise<unknown>): { reached: boolean } {
  const state = { reached: false };
  promise.then(
    () => (state.reached = true),
    () => undefined,
  );
  return state;
}

interface Said {
  readonly result?: string;
  readonly sequence?: number;
  readonly request?: string;
  readonly batch?: string;
  readonly view?: number;
  readonly tally?: { readonly correct: number; readonly corrupt: number };
  readonly collector?: number;
}

function setUp(n = 4, options: Partial<CcroClientOptions> = {}) {
  const config = developmentCluster({ nodes: n, mode: 'ccro', cluster: CLUSTER });
  const hub = new InProcessHub();
  const clock = new ManualClock();
  const channels = channelNames(CLUSTER);
  const members = config.members.map(({ publicKey }) => publicKey);
  const verifier = new Verifier({
    cluster: CLUSTER,
    members,
    clients: new Map(config.clients.map(({ id, publicKey }) => [id, publicKey])),
    scheme: createEd25519Scheme({ cluster: CLUSTER, members }),
  });
  const broker = hub.broker('ccro:gateway:gateway');
  const client = new CcroClient(
    {
      cluster: CLUSTER,
      n,
      client: 'gateway',
      secretKey: developmentKey('client', 'gateway').secretKey,
      ...options,
    },
    { broker, verifier, clock, random: () => 0.5 },
  );
  const others = hub.broker('others');
  /** How many requests were in each message with some that were signed together. */
  const lists: number[] = [];
  const heard: { readonly channel: string; readonly request: Request }[] = [];
  others.onMessage((channel, payload) => {
    const { message } = json.decode(payload, CLUSTER);
    const requests = message?.kind === 'requests' ? message.requests : [message];
    for (const request of requests) {
      if (request?.kind === 'request') heard.push({ channel, request });
    }
    lists.push(...(message?.kind === 'requests' ? [message.requests.length] : []));
  });
  const signers = members.map(
    (_, replica) =>
      new MessageSigner({
        cluster: CLUSTER,
        replica,
        secretKey: developmentKey('node', replica).secretKey,
      }),
  );

  function replyOf(
    replica: number,
    request: Pick<Request, 'timestamp' | 'digest'>,
    said: Said = {},
  ): Reply {
    const result: RequestResult = {
      timestamp: request.timestamp,
      request: said.request ?? request.digest,
      sequence: said.sequence ?? 1,
      batch: said.batch ?? BATCH,
      result: said.result ?? '{"index":1}',
    };
    const signer = signers[replica];
    if (signer === undefined) throw new Error(`no replica ${replica}`);
    return signer.sign({
      kind: 'reply',
      replica,
      client: 'gateway',
      view: said.view ?? 0,
      results: [result],
      tally: said.tally ?? { correct: replica, corrupt: 0 },
      ...(said.collector === undefined ? {} : { collector: said.collector }),
    });
  }

  async function send(reply: Reply): Promise<void> {
    await others.publish(client.inbox, json.encode(reply));
    await delivered();
  }

  return {
    broker,
    channels,
    client,
    clock,
    heard,
    hub,
    lists,
    others,
    replyOf,
    verifier,
    send,
    signers,
    async start(): Promise<void> {
      await broker.connect();
      await others.connect();
      const nodes = members.map((_, replica) => channels.node(replica));
      await others.subscribe([channels.broadcast, ...nodes]);
      await client.listen();
    },
  };
}

type Scene = ReturnType<typeof setUp>;
const scenes: Scene[] = [];

async function scene(n?: number, options?: Partial<CcroClientOptions>): Promise<Scene> {
  const made = setUp(n, options);
  scenes.push(made);
  await made.start();
  return made;
}

afterEach(async () => {
  for (const { client, broker, others } of scenes.splice(0)) {
    client.close();
    await Promise.all([broker, others].map((each: Broker) => each.close()));
  }
});

/** One request, signed alone. */
function signed(client: CcroClient, timestamp: number, operation: string): Request {
  const [request] = client.sign([client.draft(timestamp, operation)]);
  if (request === undefined) throw new Error('one draft, one request');
  return request;
}

describe('signing together', () => {
  it('signs what is submitted in one turn together, but for the first: nothing was under way', async () => {
    const { client, heard, lists, channels, verifier } = await scene();
    const submitted = Array.from({ length: 10 }, (_, index) => client.submit(`${index}`).request);
    await expect.poll(() => heard.length).toBe(10);
    expect(lists).toEqual([9]);
    expect(heard.map(({ request }) => request.digest)).toEqual(submitted.map((r) => r.digest));
    expect(new Set(heard.map(({ channel }) => channel))).toEqual(new Set([channels.node(0)]));
    expect(new Set(heard.map(({ request }) => request.signature)).size).toBe(2);
    for (const { request } of heard) expect(verifier.verify(request)).toBe(request);
  });

  it('gives callers what they wait for, and nothing to end it with', async () => {
    const { client } = await scene();
    const submission = client.submit('a');
    const names = ['timestamp', 'request', 'decided', 'settled'];
    expect(Object.keys(submission)).toEqual(names);
    expect('fail' in submission).toBe(false);
  });

  it('sends lists of the size it was told, and none for what closed before', async () => {
    const { client, heard, lists } = await scene(4, { maxSignedTogether: 4 });
    const [, second] = Array.from({ length: 12 }, (_, index) => client.submit(`${index}`));
    second?.decided.catch(() => undefined);
    second?.settled.catch(() => undefined);
    client.abandon(second?.timestamp ?? 0);
    await expect.poll(() => heard.length).toBe(11);
    expect(lists).toEqual([4, 4, 2]);
  });

  it('sends large operations in several messages', async () => {
    const { client, heard, lists } = await scene();
    for (let index = 0; index < 5; index += 1) client.submit('x'.repeat(60_000));
    await expect.poll(() => heard.length).toBe(5);
    expect(lists).toEqual([2, 2]);
  });

  it('sends what was signed together and still waits again together, and it holds', async () => {
    const { client, clock, heard, lists, verifier, channels } = await scene();
    for (const operation of ['a', 'b', 'c']) client.submit(operation);
    await expect.poll(() => heard.length).toBe(3);
    clock.advance(400);
    await expect.poll(() => heard.length).toBe(6);
    expect(lists).toEqual([2, 2]);
    const again = heard.slice(3);
    expect(again.map(({ channel }) => channel)).toEqual(Array(3).fill(channels.broadcast));
    for (const { request } of again) expect(verifier.verify(request)).toBe(request);
  });
});

describe('brief replies', () => {
  it('count once another replica has shown the results, and not before', async () => {
    const { client, clock, replyOf, others, signers } = await scene();
    const submissions = [client.submit('a'), client.submit('b')];
    const results = submissions.flatMap(({ request }) => replyOf(0, request).results);
    const say = async (replica: number, brief: boolean, said = results): Promise<void> => {
      const { tally, view } = replyOf(replica, submissions[0]?.request ?? fail());
      const reply = {
        kind: 'reply',
        replica,
        client: 'gateway',
        view,
        results: said,
        tally,
      } as const;
      const sealed = signers[replica]?.seal({ ...reply, brief }) ?? fail();
      await others.publish(client.inbox, json.encode(sealed));
      await delivered();
    };
    const decisions = submissions.map(({ decided }) => watch(decided));
    for (const replica of [1, 2, 3]) await say(replica, true);
    expect(decisions.map(({ reached }) => reached)).toEqual([false, false]);
    // A liar shows other results: nobody else's root is over them.
    const lies = results.map((result) => ({ ...result, result: '"lie"' }));
    await say(0, false, lies);
    expect(decisions.map(({ reached }) => reached)).toEqual([false, false]);
    await say(3, false);
    clock.advance(25);
    const outcomes = await Promise.all(submissions.map(({ settled }) => settled));
    expect(outcomes).toMatchObject([{ matching: 3 }, { matching: 3 }]);
    // They are proof, as they would be had they been sent in full.
    const proof = outcomes.flatMap((outcome) => outcome.proof);
    expect(proof).toHaveLength(6);
    expect(new Set(proof.map(({ replica }) => replica))).toEqual(new Set([1, 2, 3]));
    for (const reply of proof) expect(reply.results).toEqual(results);
  });
});

describe('replies that somebody forges', () => {
  const EACH_MS = 0.065;

  /** A scene in which checks take their time; tells how many there were. */
  async function slowScene() {
    const made = await scene();
    const { verifier, clock, signers, replyOf, others, client } = made;
    const verifyReply = verifier.verifyReply.bind(verifier);
    const checks = vi.spyOn(verifier, 'verifyReply').mockImplementation((reply) => {
      clock.advance(EACH_MS);
      return verifyReply(reply);
    });
    const briefOf = (
      replica: number,
      request: Pick<Request, 'timestamp' | 'digest'>,
    ): BriefReply => {
      const { signature: _signature, ...said } = replyOf(replica, request);
      return signers[replica]?.seal({ ...said, brief: true }) as BriefReply;
    };
    const say = (reply: Reply | BriefReply): void => client.receive(json.encode(reply));
    const forged = (reply: BriefReply, number: number): BriefReply => {
      const { signature } = briefOf(3, { timestamp: number, digest: reply.root });
      return { ...reply, signature };
    };
    return { ...made, others, checks, briefOf, say, forged };
  }

  it('I7, sibling: are not checked while they say nothing', async () => {
    const { client, checks, briefOf, say, replyOf } = await slowScene();
    const { request, decided } = client.submit('operation');
    for (let number = 0; number < 500; number += 1) {
      say({
        ...briefOf(1, request),
        root: sha256(`${number}`),
        signature: briefOf(3, request).signature,
      });
    }
    expect(checks).not.toHaveBeenCalled();
    say(briefOf(2, request));
    say(replyOf(0, request));
    await expect(decided).resolves.toMatchObject({ matching: 2 });
    expect(checks).toHaveBeenCalledTimes(2);
  });

  it('I7, sibling: wait for nothing where they name no member', async () => {
    const { client, checks, briefOf, say, replyOf } = await slowScene();
    const { request } = client.submit('operation');
    say({ ...briefOf(1, request), replica: client.size.n });
    expect(client.counters().rejects).toEqual({ 'unknown-member': 1 });
    say(replyOf(0, request));
    // It was refused at once, and is not there to be looked at again.
    expect(checks).toHaveBeenCalledTimes(2);
  });

  it('I7, sibling: take a part of the time, and nothing of other members', async () => {
    const { client, clock, checks, briefOf, say, replyOf, forged } = await slowScene();
    const { request, decided } = client.submit('operation');
    say(replyOf(0, request));
    const own = briefOf(1, request);
    for (let number = 0; number < 5_000; number += 1) {
      clock.advance(0.2 - EACH_MS);
      say(forged(own, number));
    }
    expect(client.counters().rejects).toMatchObject({ throttled: expect.any(Number) as number });
    // Of 1.0 s: 80 ms at first, and 80 ms in each second.
    expect(checks.mock.calls.length * EACH_MS).toBeLessThan(200);
    say(briefOf(2, request));
    await expect(decided).resolves.toMatchObject({ matching: 2 });
    clock.advance(2_000);
    const next = client.submit('another');
    say(replyOf(0, next.request));
    say(briefOf(1, next.request));
    await expect(next.decided).resolves.toMatchObject({ matching: 2 });
  });
});

describe('the congestion window', () => {
  it('keeps back what the cluster is not known to take, until something is decided', async () => {
    const { client, heard, replyOf, send } = await scene();
    const submitted = Array.from({ length: 300 }, (_, index) => client.submit(`${index}`).request);
    await expect.poll(() => heard.length).toBe(256);
    const [first] = submitted;
    if (first === undefined) throw new Error('nothing was submitted');
    for (const replica of [0, 1]) await send(replyOf(replica, first));
    await expect.poll(() => heard.length).toBe(258);
    client.abandon(submitted[1]?.timestamp ?? 0);
    await expect.poll(() => heard.length).toBe(259);
  });
});

describe('submitting', () => {
  it('sends the signed request to the primary of view 0, alone', async () => {
    const { client, heard, channels } = await scene();
    const { request } = client.submit('{"type":"append"}');
    await delivered();
    expect(heard).toMatchObject([{ channel: channels.node(0), request }]);
  });

  it('accepts a result on f+1 matching replies and not on fewer', async () => {
    const { client, clock, replyOf, send } = await scene();
    const { request, decided } = client.submit('operation');
    const decision = watch(decided);
    clock.advance(3);
    await send(replyOf(2, request, { view: 0 }));
    expect(decision.reached).toBe(false);
    clock.advance(4);
    await send(replyOf(0, request, { view: 1 }));
    expect(await decided).toMatchObject({
      timestamp: request.timestamp,
      request: request.digest,
      sequence: 1,
      batch: BATCH,
      result: { index: 1 },
      resultText: '{"index":1}',
      consensusTimeMs: 7,
      view: 0,
      matching: 2,
      required: 2,
      replies: [
        { replica: 0, view: 1, tally: { correct: 0, corrupt: 0 }, matching: true },
        { replica: 2, view: 0, tally: { correct: 2, corrupt: 0 }, matching: true },
      ],
    });
    expect((await decided).proof).toHaveLength(2);
  });

  it.each([
    ['at least 25 ms', 1, 24, 25],
    ['as long as the decision took', 120, 119, 120],
    ['at most 250 ms', 400, 249, 250],
  ])('awaits late replies %s', async (_, decidedAfterMs, stillMs, overMs) => {
    const { client, replyOf, send, clock } = await scene();
    const { request, settled } = client.submit('operation');
    const over = watch(settled);
    clock.advance(decidedAfterMs);
    for (const replica of [0, 1]) await send(replyOf(replica, request));
    clock.advance(stillMs);
    await delivered();
    expect(over.reached).toBe(false);
    await send(replyOf(2, request));
    clock.advance(overMs - stillMs);
    await delivered();
    expect((await settled).replies.map(({ replica }) => replica)).toEqual([0, 1, 2]);
  });

  it('never believes f liars, and lists them', async () => {
    const { client, replyOf, send } = await scene(7);
    const { request, decided, settled } = client.submit('operation');
    const lie = { result: '{"index":666}' };
    await send(replyOf(5, request, lie));
    await send(replyOf(6, request, lie));
    for (const replica of [0, 1, 2, 3, 4]) await send(replyOf(replica, request));
    expect((await decided).result).toEqual({ index: 1 });
    const { replies, matching, required } = await settled;
    expect({ matching, required }).toEqual({ matching: 5, required: 3 });
    expect(replies.filter((reply) => !reply.matching).map(({ replica }) => replica)).toEqual([
      5, 6,
    ]);
  });

  it.each<[string, Said]>([
    ['result', { result: '{"index":2}' }],
    ['sequence', { sequence: 2 }],
    ['batch digest', { batch: sha256('another') }],
    ['request digest', { request: sha256('another') }],
  ])('does not count replies together that differ in the %s', async (_, said) => {
    const { client, replyOf, send } = await scene();
    const { request, decided } = client.submit('operation');
    const decision = watch(decided);
    await send(replyOf(1, request, said));
    await send(replyOf(2, request));
    expect(decision.reached).toBe(false);
    await send(replyOf(3, request));
    expect((await decided).result).toEqual({ index: 1 });
  });

  it('counts a replica once, with its first word', async () => {
    const { client, replyOf, send } = await scene();
    const { request, decided } = client.submit('operation');
    const decision = watch(decided);
    await send(replyOf(1, request));
    await send(replyOf(1, request));
    await send(replyOf(1, request, { result: '{"index":9}' }));
    expect(decision.reached).toBe(false);
    expect(client.counters().rejects).toEqual({ 'conflicting-reply': 1 });
    await send(replyOf(2, request));
    expect((await decided).replies.map(({ replica }) => replica)).toEqual([1, 2]);
  });

  it('ignores forged, foreign and replayed replies and counts why', async () => {
    const { client, replyOf, send, others } = await scene();
    const earlier = client.submit('earlier');
    const old = [0, 1, 2, 3].map((replica) => replyOf(replica, earlier.request));
    for (const reply of old) await send(reply);
    await earlier.settled;

    const { request, decided } = client.submit('operation');
    const decision = watch(decided);
    const honest = replyOf(1, request);
    await send({ ...honest, replica: 2 });
    await send({ ...honest, replica: 4 });
    await send({ ...honest, view: 7 });
    await send({ ...honest, client: 'somebody' });
    await send(replyOf(1, { ...request, timestamp: request.timestamp + 1 }));
    await others.publish(client.inbox, Buffer.from('garbage'));
    await others.publish(client.inbox, json.encode(signed(client, 1, 'mine')));
    for (const reply of old) await send(reply);
    expect(decision.reached).toBe(false);
    expect(client.counters().rejects).toEqual({
      'bad-signature': 2,
      'unknown-member': 1,
      misdirected: 2,
      malformed: 1,
    });
  });

  it('takes every result of a batch from one reply', async () => {
    const { client, signers, send, replyOf } = await scene();
    const submissions = ['a', 'b'].map((operation) => client.submit(operation));
    for (const replica of [0, 3]) {
      const results = submissions.flatMap(({ request }) => replyOf(replica, request).results);
      const reply = signers[replica]?.sign({
        kind: 'reply',
        replica,
        client: 'gateway',
        view: 0,
        results,
        tally: { correct: 3, corrupt: 0 },
      });
      if (reply !== undefined) await send(reply);
    }
    const outcomes = await Promise.all(submissions.map(({ decided }) => decided));
    expect(outcomes.map(({ request }) => request)).toEqual(
      submissions.map(({ request }) => request.digest),
    );
  });

  it('fails when f+1 replicas executed something else under the timestamp', async () => {
    const { client, replyOf, send } = await scene();
    const { request, decided, settled } = client.submit('operation');
    for (const replica of [1, 2]) await send(replyOf(replica, request, { request: BATCH }));
    await expect(decided).rejects.toMatchObject({ code: 'timestamp-reused' });
    await expect(settled).rejects.toMatchObject({ code: 'timestamp-reused' });
    expect(client.counters().outstanding).toBe(0);
  });

  it('fails when f+1 replicas call the timestamp stale', async () => {
    const { client, replyOf, send } = await scene();
    const { request, decided } = client.submit('operation');
    const result = '{"error":"stale-timestamp"}';
    for (const replica of [1, 2]) await send(replyOf(replica, request, { result }));
    await expect(decided).rejects.toMatchObject({ code: 'stale-timestamp' });
  });

  it('never uses a timestamp twice, also across a restart', async () => {
    const { client } = await scene();
    const timestamps = Array.from({ length: 50 }, () => client.submit('x').timestamp);
    expect(new Set(timestamps).size).toBe(50);
    await new Promise((resolve) => setTimeout(resolve, 2));
    const { client: restarted } = await scene();
    expect(restarted.submit('x').timestamp).toBeGreaterThan(Math.max(...timestamps));
  });

  it('refuses more than its maximum, until one is decided', async () => {
    const { client, replyOf, send } = await scene(4, { maxOutstanding: 2 });
    const { request } = client.submit('a');
    client.submit('b');
    expect(() => client.submit('c')).toThrow(expect.objectContaining({ code: 'overloaded' }));
    for (const replica of [1, 2]) await send(replyOf(replica, request));
    expect(client.capacity).toBe(1);
    client.submit('c');
  });

  it('lets no request fall out of the client window while it waits', async () => {
    const { client, replyOf, send } = await scene(4, { clientWindow: 3 });
    const stuck = client.submit('stuck');
    for (const operation of ['a', 'b']) {
      const { request } = client.submit(operation);
      for (const replica of [1, 2]) await send(replyOf(replica, request));
    }
    expect(client.counters().outstanding).toBe(1);
    expect(() => client.submit('c')).toThrow(expect.objectContaining({ code: 'overloaded' }));
    for (const replica of [1, 2]) await send(replyOf(replica, stuck.request));
    expect(client.capacity).toBe(3);
  });

  it('refuses an operation the wire does not carry', async () => {
    const { client } = await scene();
    const tooLong = 'x'.repeat(128 * 1024 + 1);
    expect(() => client.submit(tooLong)).toThrow(
      expect.objectContaining({ code: 'operation-too-large' }),
    );
    expect(client.counters().outstanding).toBe(0);
  });
});

describe('sign and send', () => {
  it('sends what an earlier process signed, until it is decided', async () => {
    const earlier = await scene();
    const request = signed(earlier.client, 17, 'operation');
    await delivered();
    expect(earlier.heard).toEqual([]);

    const { client, clock, heard, channels, replyOf, send } = await scene();
    const { decided } = client.send(request);
    await delivered();
    expect(heard).toEqual([{ channel: channels.node(0), request }]);
    clock.advance(400);
    await delivered();
    expect(heard.slice(1)).toEqual([{ channel: channels.broadcast, request }]);
    for (const replica of [1, 2]) await send(replyOf(replica, request));
    expect(await decided).toMatchObject({ timestamp: 17, request: request.digest });
  });

  it('sends a request once, however often it is handed in while it waits', async () => {
    const { client, heard } = await scene();
    const request = signed(client, 17, 'operation');
    const [first, second] = [client.send(request), client.send(request)];
    await delivered();
    expect(heard).toHaveLength(1);
    expect(second.decided).toBe(first.decided);
    expect(client.counters()).toMatchObject({ submitted: 1, outstanding: 1 });
  });

  it('refuses another operation under a timestamp that is outstanding', async () => {
    const { client } = await scene();
    client.send(signed(client, 17, 'operation'));
    expect(() => client.send(signed(client, 17, 'another'))).toThrow(
      expect.objectContaining({ code: 'timestamp-reused' }),
    );
  });

  it('sends nothing after close', async () => {
    const { client } = await scene();
    const request = signed(client, 17, 'operation');
    client.close();
    expect(() => client.send(request)).toThrow(expect.objectContaining({ code: 'closed' }));
  });
});

describe('retransmission', () => {
  it('broadcasts the same request again and again, ever more rarely, until it is decided', async () => {
    const { client, clock, heard, channels, replyOf, send } = await scene();
    const { request, settled } = client.submit('operation');
    const sentAfter: number[] = [];
    for (let elapsed = 0; elapsed < 30_000; elapsed += 100) {
      const before = heard.length;
      clock.advance(100);
      await delivered();
      if (elapsed > 0 && heard.length > before) sentAfter.push(elapsed + 100);
    }
    expect(sentAfter).toEqual([400, 1200, 2800, 6000, 11_000, 16_000, 21_000, 26_000]);
    const again = sentAfter.map(() => ({ channel: channels.broadcast, request }));
    expect(heard.slice(1)).toMatchObject(again);
    for (const replica of [0, 1, 2, 3]) await send(replyOf(replica, request));
    await settled;
    const count = heard.length;
    clock.advance(60_000);
    await delivered();
    expect(heard).toHaveLength(count);
  });

  it('keeps a request that was accepted during an outage and sends it when the broker is back', async () => {
    const { client, heard, hub, channels, replyOf, send } = await scene();
    hub.setAvailable(false);
    const { request, decided } = client.submit('operation');
    await delivered();
    expect(heard).toEqual([]);
    hub.setAvailable(true);
    await delivered();
    expect(heard).toMatchObject([{ channel: channels.broadcast, request }]);
    for (const replica of [0, 1]) await send(replyOf(replica, request));
    expect((await decided).sequence).toBe(1);
  });

  it('broadcasts at once when nobody listens in the place of the primary', async () => {
    const made = setUp();
    scenes.push(made);
    const { broker, others, channels, client, heard } = made;
    await broker.connect();
    await others.connect();
    await others.subscribe([channels.broadcast, channels.node(1)]);
    await client.listen();
    client.submit('operation');
    await delivered();
    expect(heard.map(({ channel }) => channel)).toEqual([channels.broadcast]);
  });

  it('stops after abandon and after close, and says so', async () => {
    const { client, clock, heard } = await scene();
    const abandoned = client.submit('a');
    const closed = client.submit('b');
    client.abandon(abandoned.timestamp);
    await expect(abandoned.decided).rejects.toMatchObject({ code: 'abandoned' });
    client.close();
    await expect(closed.settled).rejects.toMatchObject({ code: 'closed' });
    await delivered();
    const count = heard.length;
    clock.advance(60_000);
    await delivered();
    expect(heard).toHaveLength(count);
    expect(() => client.submit('c')).toThrow(expect.objectContaining({ code: 'closed' }));
  });
});

describe('the view', () => {
  it('is learnt from replies, and the next request goes to its primary', async () => {
    const { client, heard, channels, replyOf, send } = await scene();
    const { request } = client.submit('a');
    for (const replica of [1, 2]) await send(replyOf(replica, request, { view: 6 }));
    expect(client.view).toBe(6);
    client.submit('b');
    await delivered();
    expect(heard.at(-1)?.channel).toBe(channels.node(2));
  });

  it('is not moved by f liars', async () => {
    const { client, replyOf, send } = await scene();
    const { request } = client.submit('a');
    await send(replyOf(3, request, { view: 1_000_000 }));
    await send(replyOf(1, request, { view: 0 }));
    await send(replyOf(2, request, { view: 0 }));
    expect(client.view).toBe(0);
  });
});

describe('the collector', () => {
  it('H1: is the one that f+1 matching replies name, and no single one', async () => {
    const { client, replyOf, send } = await scene();
    const agreed = client.submit('a');
    await send(replyOf(3, agreed.request, { collector: 1 }));
    await send(replyOf(0, agreed.request, { collector: 3 }));
    expect((await agreed.decided).collector).toBeNull();
    await send(replyOf(1, agreed.request, { collector: 3 }));
    await send(replyOf(2, agreed.request));
    expect((await agreed.settled).collector).toBe(3);
  });

  it('H1, sibling: is not the word of replies that do not match, or of a broken signature', async () => {
    const { client, clock, replyOf, send } = await scene();
    const { request, settled } = client.submit('a');
    await send(replyOf(0, request, { collector: 3 }));
    await send({ ...replyOf(1, request, { collector: 3 }), collector: 1 });
    await send(replyOf(2, request, { collector: 1 }));
    await send(replyOf(3, request, { collector: 1, result: 'another' }));
    clock.advance(25);
    expect((await settled).collector).toBeNull();
    expect(client.counters().rejects).toMatchObject({ 'bad-signature': 1 });
  });
});

describe('settling', () => {
  it('waits for the replicas that answer these days, and at most 25 ms', async () => {
    const { client, clock, replyOf, send } = await scene();
    const first = client.submit('a');
    for (const replica of [0, 1, 2]) await send(replyOf(replica, first.request));
    await first.decided;
    const settling = watch(first.settled);
    clock.advance(24);
    await delivered();
    expect(settling.reached).toBe(false);
    clock.advance(1);
    await first.settled;

    // Replica 3 let one pass: nobody waits for it any more.
    const second = client.submit('b');
    for (const replica of [0, 1, 2]) await send(replyOf(replica, second.request));
    expect((await second.settled).matching).toBe(3);

    // It replies again: it is waited for again.
    await send(replyOf(3, second.request));
    const third = client.submit('c');
    for (const replica of [0, 1, 2]) await send(replyOf(replica, third.request));
    const waiting = watch(third.settled);
    await delivered();
    expect(waiting.reached).toBe(false);
    await send(replyOf(3, third.request));
    expect((await third.settled).matching).toBe(4);
  });
});

/** A reply as it stands in an answer. */
function travelling(reply: Reply): unknown {
  return JSON.parse(Buffer.from(json.encode(reply)).toString());
}

/** Answers every query with what `say` makes of it; drops one that is sent again, as nodes do. */
function answering(
  made: Scene,
  say: (replica: number, query: NodeQuery | undefined) => object | undefined,
): void {
  const taken = new Set<string>();
  made.others.onMessage((channel, payload) => {
    const { message } = json.decode(payload, CLUSTER);
    if (message?.kind !== 'query' || taken.has(message.id)) return;
    taken.add(message.id);
    const replica = Number(channel.split(':').at(-1));
    const answer = say(replica, parseNodeQuery(message.query));
    if (answer === undefined) return;
    const signed = made.signers[replica]?.signAnswer({
      kind: 'answer' as const,
      id: message.id,
      replica,
      answer: JSON.stringify(answer),
    });
    if (signed !== undefined) void made.others.publish(made.client.inbox, json.encode(signed));
  });
}

describe('timestamps', () => {
  const DAY = 86_400_000_000;
  const ahead = Date.now() * 1000 + DAY;

  it('E2: go on above what f + 1 replicas executed, though the clock was set back', async () => {
    const made = await scene(4, { clientWindow: 100 });
    // One lies that it executed nothing, or the last one there is; one is a little behind.
    const newest = [ahead, Number.MAX_SAFE_INTEGER, ahead - 30, ahead];
    answering(made, (replica, query) =>
      query?.type === 'newest-timestamp' ? { newest: newest[replica] } : undefined,
    );
    await made.client.timestampsKnown();
    const { timestamp } = made.client.submit('operation');
    // Above what an earlier process may have had under way, and no further than needed.
    expect(timestamp).toBeGreaterThan(ahead + 100);
    expect(timestamp).toBeLessThan(ahead + 1000);
    expect(made.client.submit('operation').timestamp).toBe(timestamp + 1);
    expect(made.client.capacity).toBe(98);
  });

  it('E2: are those of the clock where it is ahead of what executed', async () => {
    const made = await scene();
    answering(made, () => ({ newest: ahead - 2 * DAY }));
    const before = made.client.nextTimestamp;
    await made.client.timestampsKnown();
    expect(made.client.submit('operation').timestamp).toBe(before);
  });

  it('E2: are known when a quorum answered, and what is no timestamp is no answer', async () => {
    const made = await scene();
    const answers: unknown[] = [{ newest: ahead }, { newest: -0.5 }, { newest: '7' }, null];
    answering(made, (replica) => ({ ...(answers[replica] as object) }));
    const known = watch(made.client.timestampsKnown());
    await delivered();
    made.clock.advance(10);
    await delivered();
    expect(known.reached).toBe(false);
    answers.splice(1, 2, { newest: ahead }, { newest: -1 });
    for (let step = 0; step < 20 && !known.reached; step += 1) {
      made.clock.advance(100);
      await delivered();
    }
    expect(known.reached).toBe(true);
    expect(made.client.nextTimestamp).toBeGreaterThan(ahead);
  });

  it('E2: are asked for again when one was refused as stale', async () => {
    const made = await scene();
    let newest = -1;
    answering(made, () => ({ newest }));
    await made.client.timestampsKnown();
    const { request, decided } = made.client.submit('operation');
    newest = ahead;
    const result = '{"error":"stale-timestamp"}';
    for (const replica of [1, 2]) await made.send(made.replyOf(replica, request, { result }));
    await expect(decided).rejects.toMatchObject({ code: 'stale-timestamp' });
    await delivered();
    expect(made.client.submit('operation').timestamp).toBeGreaterThan(ahead);
  });

  it('E2, sibling: a clock that is ages ahead does not use them up', () => {
    vi.useFakeTimers({ toFake: ['Date'], now: 8.64e15 });
    try {
      const made = setUp();
      expect(made.client.nextTimestamp).toBeLessThan(Number.MAX_SAFE_INTEGER / 1.9);
    } finally {
      vi.useRealTimers();
    }
  });
});

/** Time goes by, and what is sent meanwhile arrives. */
async function pass({ clock }: Scene, ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 250) {
    await delivered();
    clock.advance(250);
  }
  await delivered();
}

describe('results that were dropped', () => {
  const result = DROPPED_RESULT;

  it('A3: come from what f + 1 replicas stored of the slot', async () => {
    const made = await scene();
    const { client, replyOf, send } = made;
    const { request, decided } = client.submit('operation');
    const asked: (NodeQuery | undefined)[] = [];
    answering(made, (replica, query) => {
      asked.push(query);
      // One lies, one keeps nothing.
      if (replica === 3) return { reply: null, lastExecuted: 9 };
      const stored = replica === 0 ? '{"index":7}' : '{"index":8}';
      return { reply: travelling(replyOf(replica, request, { result: stored, sequence: 9 })) };
    });
    await send(replyOf(1, request, { result, sequence: 9 }));
    expect(asked).toEqual([]);
    await send(replyOf(2, request, { result, sequence: 9 }));
    expect(await decided).toMatchObject({ sequence: 9, resultText: '{"index":8}', matching: 2 });
    const { timestamp } = request;
    const query = { type: 'reply', sequence: 9, client: 'gateway', timestamp, others: true };
    expect(asked[0]).toEqual(query);
    expect(asked).toHaveLength(4);
  });

  it('A3: are said to be dropped when too few replicas stored them', async () => {
    const made = await scene();
    const { client, clock, replyOf, send } = made;
    const { request, decided } = client.submit('operation');
    answering(made, () => ({ reply: null, lastExecuted: 9 }));
    for (const replica of [1, 2]) await send(replyOf(replica, request, { result, sequence: 9 }));
    for (let attempt = 0; attempt < 4; attempt += 1) {
      await delivered();
      clock.advance(500);
    }
    await expect(decided).rejects.toMatchObject({ code: 'result-dropped' });
    expect(client.counters().outstanding).toBe(0);
  });

  it('A3, sibling: wait for the broker, however long it is away', async () => {
    const made = await scene();
    const { client, replyOf, hub } = made;
    const { request, decided } = client.submit('operation');
    answering(made, (replica) => ({
      reply: travelling(replyOf(replica, request, { sequence: 9 })),
      lastExecuted: 9,
    }));
    hub.setAvailable(false);
    for (const replica of [1, 2]) {
      client.receive(json.encode(replyOf(replica, request, { result, sequence: 9 })));
    }
    await pass(made, 5000);
    expect(client.counters().outstanding).toBe(1);
    hub.setAvailable(true);
    await delivered();
    expect(await decided).toMatchObject({ sequence: 9, matching: 2 });
  });

  it('A3, sibling: wait for nodes that do not answer', async () => {
    const made = await scene();
    const { client, replyOf, send } = made;
    const { request, decided } = client.submit('operation');
    let isSilent = true;
    const asked: unknown[] = [];
    answering(made, (replica, query) => {
      asked.push(query);
      if (isSilent) return undefined;
      return { reply: travelling(replyOf(replica, request, { sequence: 9 })), lastExecuted: 9 };
    });
    for (const replica of [1, 2]) await send(replyOf(replica, request, { result, sequence: 9 }));
    while (asked.length <= 3 * 4) await pass(made, 500);
    await pass(made, 20_000);
    isSilent = false;
    await pass(made, 7000);
    expect(await decided).toMatchObject({ sequence: 9 });
  });

  it('A3, sibling: are not gone for the word of nodes that are behind or silent', async () => {
    const made = await scene();
    const { client, replyOf, send } = made;
    const { request, decided } = client.submit('operation');
    // One keeps it no more, one may come to execute it, two are silent.
    const lastExecuted = [9, 8];
    answering(made, (replica) =>
      replica < 2 ? { reply: null, lastExecuted: lastExecuted[replica] } : undefined,
    );
    for (const replica of [1, 2]) await send(replyOf(replica, request, { result, sequence: 9 }));
    await pass(made, 60_000);
    expect(client.counters().outstanding).toBe(1);
    // Two of four are left, then only one.
    lastExecuted[1] = 9;
    await pass(made, 60_000);
    expect(client.counters().outstanding).toBe(1);
    answering(made, (replica) => (replica === 2 ? { reply: null, lastExecuted: 9 } : undefined));
    await pass(made, 60_000);
    await expect(decided).rejects.toMatchObject({ code: 'result-dropped' });
    expect(client.counters().outstanding).toBe(0);
  });

  it('A3, sibling: hold up no other requests while they are waited for, and are not sent again', async () => {
    const made = await scene(4, { clientWindow: 10 });
    const { client, clock, heard, replyOf, send } = made;
    const { request } = client.submit('operation');
    for (const replica of [1, 2]) await send(replyOf(replica, request, { result, sequence: 9 }));
    const { length } = heard;
    for (let count = 0; count < 30; count += 1) {
      const submission = client.submit('another');
      for (const replica of [1, 2]) await send(replyOf(replica, submission.request));
      clock.advance(25);
    }
    await pass(made, 10_000);
    expect(
      heard.slice(length).filter(({ request: { digest } }) => digest === request.digest),
    ).toEqual([]);
  });

  it('A3, sibling: many at once are asked for a few at a time, also of nodes that do not answer', async () => {
    const made = await scene();
    const { client, clock, replyOf } = made;
    const submissions = Array.from({ length: 200 }, (_, at) => client.submit(`${at}`));
    const byTimestamp = new Map(
      submissions.map(({ request }, at) => [request.timestamp, { request, at }]),
    );
    let isSilent = true;
    let unanswered: number[] = [];
    let most = 0;
    answering(made, (replica, query) => {
      unanswered = unanswered.filter((sinceMs) => sinceMs > clock.now() - 2000);
      const found = query?.type === 'reply' ? byTimestamp.get(query.timestamp) : undefined;
      // The last one never answers.
      if (isSilent || replica === 3 || found === undefined) unanswered.push(clock.now());
      most = Math.max(most, unanswered.length);
      if (isSilent || replica === 3 || found === undefined) return undefined;
      const reply = replyOf(replica, found.request, { sequence: found.at });
      return { reply: travelling(reply), lastExecuted: 200 };
    });
    submissions.forEach(({ request }, at) => {
      for (const replica of [1, 2]) {
        client.receive(json.encode(replyOf(replica, request, { result, sequence: at })));
      }
    });
    await pass(made, 6000);
    isSilent = false;
    await pass(made, 20_000);
    await Promise.all(submissions.map(({ decided }) => decided));
    expect(most).toBeLessThanOrEqual(4 * 4);
  });

  it('A3, sibling: those of one slot come with one query', async () => {
    const made = await scene();
    const { client, others, replyOf, signers } = made;
    const submissions = Array.from({ length: 100 }, (_, at) => client.submit(`${at}`));
    let asked = 0;
    answering(made, (replica) => {
      asked += 1;
      const {
        signature: _,
        results: [first],
        ...reply
      } = replyOf(replica, submissions[0]?.request ?? fail());
      const results = submissions.map(({ request: { timestamp, digest } }) => ({
        ...(first ?? fail()),
        ...{ timestamp, request: digest },
      }));
      const sealed = signers[replica]?.sign({ ...reply, results }) ?? fail();
      return { reply: travelling(sealed), lastExecuted: 1 };
    });
    for (const { request } of submissions) {
      for (const replica of [1, 2]) {
        await others.publish(client.inbox, json.encode(replyOf(replica, request, { result })));
      }
    }
    await Promise.all(submissions.map(({ decided }) => decided));
    expect(asked).toBeLessThanOrEqual(2 * 4);
  });

  it('A3: decide nothing before f + 1 say so, and a result that f + 1 know counts', async () => {
    const { client, replyOf, send } = await scene();
    const { request, decided } = client.submit('operation');
    await send(replyOf(0, request, { result }));
    await send(replyOf(1, request));
    await send(replyOf(2, request));
    expect(await decided).toMatchObject({ resultText: '{"index":1}', matching: 2 });
  });
});

describe('queries', () => {
  it('asks one replica', async () => {
    const made = await scene();
    answering(made, (replica) => ({ id: replica, up: true }));
    expect(await made.client.query(2, { type: 'status' }, 1000)).toEqual({ id: 2, up: true });
  });

  it('believes only the replica that was asked', async () => {
    const made = await scene();
    made.others.onMessage((_, payload) => {
      const { message } = json.decode(payload, CLUSTER);
      if (message?.kind !== 'query') return;
      const answer = { kind: 'answer' as const, id: message.id, answer: '{"forged":true}' };
      const signed = made.signers[3]?.signAnswer({ ...answer, replica: 3 });
      if (signed === undefined) return;
      void made.others.publish(made.client.inbox, json.encode(signed));
      void made.others.publish(made.client.inbox, json.encode({ ...signed, replica: 2 }));
    });
    const answer = made.client.query(2, { type: 'status' }, 1000);
    await delivered();
    made.clock.advance(1000);
    await expect(answer).rejects.toMatchObject({ code: 'no-answer' });
    expect(made.client.counters().rejects).toEqual({ unsolicited: 1, 'bad-signature': 1 });
  });

  it('says at once when the replica is not connected or the broker is away', async () => {
    const made = setUp();
    scenes.push(made);
    await made.broker.connect();
    await made.client.listen();
    await expect(made.client.query(2, { type: 'status' }, 1000)).rejects.toMatchObject({
      code: 'no-answer',
    });
    made.hub.setAvailable(false);
    await expect(made.client.query(2, { type: 'status' }, 1000)).rejects.toMatchObject({
      code: 'no-answer',
    });
  });
});

function fail(): never {
  throw new Error('there is none');
}
