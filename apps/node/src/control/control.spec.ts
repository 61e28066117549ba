import { channelNames, InProcessHub, nodeConnectionName, type Broker } from '@ccro/broker';
import { developmentCluster, developmentKey } from '@ccro/cluster-config';
import type { StoredDecision } from '@ccro/consensus';
import { RequestSigner } from '@ccro/crypto';
import { formatNodeQuery, json, readQueryRetry, type NodeQuery, type Query } from '@ccro/wire';
import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { startNode, type NodeApp } from '../node-app.js';
import { clusterFacts, type NodeOptions } from '../node-options.js';
import { ReplicaService } from '../replica/replica.service.js';

const config = developmentCluster({ nodes: 4, mode: 'ccro', clients: ['gateway', 'alice'] });
const channels = channelNames(config.cluster);
const NODE = 1;
/** How long a test waits for what must happen. */
const PATIENCE = { timeout: 20_000 };
const running: NodeApp[] = [];

afterEach(async () => {
  await Promise.all(running.splice(0).map((node) => node.close()));
});

async function start(hub: InProcessHub, changed: Partial<NodeOptions> = {}): Promise<NodeApp> {
  const node = await startNode({
    facts: clusterFacts(config),
    self: NODE,
    secretKey: developmentKey('node', NODE).secretKey,
    broker: hub.broker(nodeConnectionName(NODE)),
    storage: { durability: 'memory' },
    httpPort: 0,
    host: '127.0.0.1',
    faultInjection: true,
    onFatal: (error) => {
      throw error;
    },
    ...changed,
  });
  running.push(node);
  return node;
}

/** Somebody with a client's key, who words the queries. */
class Asker {
  private readonly answers = new Map<string, unknown>();
  private readonly signer: RequestSigner;
  private count = 0;

  private constructor(
    private readonly client: string,
    private readonly broker: Broker,
  ) {
    const { secretKey } = developmentKey('client', client);
    this.signer = new RequestSigner({ cluster: config.cluster, secretKey });
    broker.onMessage((_channel, payload) => {
      const { message } = json.decode(payload, config.cluster);
      if (message?.kind === 'answer') this.answers.set(message.id, JSON.parse(message.answer));
    });
  }

  static async connect(hub: InProcessHub, client: string): Promise<Asker> {
    const broker = hub.broker(`client-${client}`);
    await broker.connect();
    const asker = new Asker(client, broker);
    await broker.subscribe([channels.client(client)]);
    return asker;
  }

  sign(query: NodeQuery, session: string, counter: number): Query {
    this.count += 1;
    const id = `${this.client}-${this.count}`;
    const text = formatNodeQuery(query);
    const named = { id, client: this.client, replica: NODE, session, counter, query: text };
    return this.signer.signQuery({ kind: 'query', ...named } as const);
  }

  async send(query: Query): Promise<void> {
    await this.broker.publish(channels.node(NODE), Buffer.from(json.encode(query)));
  }

  answerTo({ id }: Query): unknown {
    return this.answers.get(id);
  }

  async ask(query: NodeQuery, session: string, counter: number): Promise<unknown> {
    const signed = this.sign(query, session, counter);
    await this.send(signed);
    await vi.waitUntil(() => this.answers.has(signed.id), PATIENCE);
    return this.answerTo(signed);
  }

  /** The node's present session. */
  async session(): Promise<string> {
    return readQueryRetry(await this.ask({ type: 'status' }, 'unknown', 1))?.session ?? '';
  }
}

const FAULT = { type: 'set-fault', fault: 'offline' } as const;
const HONEST = { type: 'set-fault', fault: null } as const;

describe('the right to set faults', () => {
  it('I2: is that of clients which the cluster file marks as admin', async () => {
    const hub = new InProcessHub();
    await start(hub);
    const alice = await Asker.connect(hub, 'alice');
    const refused = await alice.ask(FAULT, await alice.session(), 2);
    expect(refused).toEqual({ error: expect.stringContaining('"admin": true') as string });
    const gateway = await Asker.connect(hub, 'gateway');
    expect(await gateway.ask({ type: 'status' }, await gateway.session(), 2)).toMatchObject({
      fault: null,
    });
    expect(await gateway.ask(FAULT, await gateway.session(), 3)).toEqual({ fault: 'offline' });
  });

  it('I2, sibling: is nobody’s in a cluster file without a mark', async () => {
    const hub = new InProcessHub();
    const clients = config.clients.map(({ id, publicKey }) => ({ id, publicKey }));
    await start(hub, { facts: clusterFacts({ ...config, clients }) });
    const gateway = await Asker.connect(hub, 'gateway');
    const refused = await gateway.ask(FAULT, await gateway.session(), 2);
    expect(refused).toHaveProperty('error');
  });
});

describe('what a client can have logged', () => {
  it('I8, sibling: is a few lines, however often it asks for what it may not do', async () => {
    const warn = vi.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    onTestFinished(() => warn.mockRestore());
    const hub = new InProcessHub();
    await start(hub);
    const alice = await Asker.connect(hub, 'alice');
    const session = await alice.session();
    for (let counter = 2; counter < 42; counter += 1) await alice.ask(FAULT, session, counter);
    const lines = warn.mock.calls.filter(([line]) => String(line).includes('may not set faults'));
    expect(lines.length).toBeGreaterThan(0);
    expect(lines.length).toBeLessThanOrEqual(5);
  });
});

describe('which queries are fresh', () => {
  it('E1: those that name this run of the node and a new counter, whatever the clocks say', async () => {
    const hub = new InProcessHub();
    const first = await start(hub);
    const asker = await Asker.connect(hub, 'gateway');
    const session = await asker.session();
    expect(await asker.ask({ type: 'status' }, session, 1)).toMatchObject({ id: NODE });
    await first.close();
    running.splice(0);
    await start(hub);
    const retry = readQueryRetry(await asker.ask({ type: 'status' }, session, 2));
    expect(retry).toMatchObject({ counter: 0 });
    expect(retry?.session).not.toBe(session);
    expect(await asker.ask({ type: 'status' }, retry?.session ?? '', 1)).toMatchObject({
      id: NODE,
    });
  });

  it('E1: none is acted on twice', async () => {
    const hub = new InProcessHub();
    await start(hub);
    const asker = await Asker.connect(hub, 'gateway');
    const session = await asker.session();
    const query = asker.sign(FAULT, session, 7);
    await asker.send(query);
    await vi.waitFor(() => expect(asker.answerTo(query)).toEqual({ fault: 'offline' }));
    expect(await asker.ask(HONEST, session, 8)).toEqual({ fault: null });
    await asker.send(query);
    const status = await asker.ask({ type: 'status' }, session, 9);
    expect(status).toMatchObject({ fault: null, rejects: { duplicate: 1 } });
  });
});

describe('queries that others make up in the name of a client', () => {
  /** More than may be checked in vain at once. */
  const MANY = 4_000;

  /** Each look at the clock takes so long: a check takes as long on every machine. */
  beforeEach(() => {
    let nowMs = performance.now();
    vi.spyOn(performance, 'now').mockImplementation(() => (nowMs += 0.05));
    onTestFinished(() => void vi.restoreAllMocks());
  });

  it('A5, sibling: keep none of its own from being answered, once it knows its session', async () => {
    const hub = new InProcessHub();
    await start(hub);
    const gateway = await Asker.connect(hub, 'gateway');
    const alice = await Asker.connect(hub, 'alice');
    const session = await gateway.session();
    const signed = gateway.sign({ type: 'status' }, await alice.session(), 1);
    const own: Query[] = [];
    for (let counter = 1; counter <= MANY; counter += 1) {
      await alice.send({ ...signed, counter: counter + 1 });
      if (counter < MANY / 2 || counter % 50 > 0) continue;
      const query = gateway.sign({ type: 'newest-timestamp' }, session, counter);
      own.push(query);
      await gateway.send(query);
    }
    const { rejects } = (await gateway.ask({ type: 'status' }, session, MANY + 1)) as {
      rejects: Record<string, number>;
    };
    for (const query of own) expect(gateway.answerTo(query)).toHaveProperty('newest');
    expect(rejects['throttled']).toBeGreaterThan(0);
    expect(rejects['bad-signature']! + rejects['throttled']!).toBe(MANY);
  });

  it('A5, sibling: are checked within a budget also where they name its session', async () => {
    const hub = new InProcessHub();
    await start(hub);
    const gateway = await Asker.connect(hub, 'gateway');
    const outsider = await Asker.connect(hub, 'alice');
    const session = await gateway.session();
    const signed = gateway.sign({ type: 'status' }, session, 1);
    for (let counter = 2; counter <= MANY; counter += 1)
      await outsider.send({ ...signed, counter });
    const { rejects } = (await outsider.ask({ type: 'status' }, await outsider.session(), 2)) as {
      rejects: Record<string, number>;
    };
    expect(rejects['throttled']).toBeGreaterThan(0);
  });
});

describe('what one query costs', () => {
  const LARGE = 100_000;

  function stored(sequence: number): StoredDecision {
    const digest = 'ab'.repeat(32);
    const requests = [
      {
        kind: 'request',
        client: 'gateway',
        timestamp: sequence,
        operation: 'x'.repeat(LARGE),
        digest,
        signature: '',
      },
    ] as const;
    const proof = { scheme: 'ed25519', signers: [], signatures: [] };
    const slot = { view: 0, sequence, digest };
    const certificate = { kind: 'certificate', phase: 'commit', ...slot, proof } as const;
    const decision = { kind: 'decision', ...slot, requests, certificate } as const;
    return { decision, ledgerHead: digest };
  }

  it('A5, sibling: a reply that is signed again takes the reading of one result', async () => {
    const hub = new InProcessHub();
    const node = await start(hub);
    const { store } = node.app.get(ReplicaService);
    const { decision, ledgerHead } = stored(1);
    const digest = decision.digest;
    const result = { timestamp: 1, request: digest, sequence: 1, batch: digest, result: '"done"' };
    await store.append([{ kind: 'executed', decision, results: [result], ledgerHead }]);
    const decisions = vi.spyOn(store, 'decisions');
    const asker = await Asker.connect(hub, 'gateway');
    const query = { type: 'reply', sequence: 1, client: 'gateway', timestamp: 1 } as const;
    const answer = await asker.ask(query, await asker.session(), 2);
    expect(answer).toMatchObject({ reply: { replica: NODE, results: [result] } });
    const none = await asker.ask({ ...query, timestamp: 2 }, await asker.session(), 4);
    expect(none).toMatchObject({ reply: null });
    expect(decisions).not.toHaveBeenCalled();
  });

  it('A4: a page of the ledger that holds what fits into one answer, not all that was asked for', async () => {
    const hub = new InProcessHub();
    const node = await start(hub);
    const { store } = node.app.get(ReplicaService);
    let read = 0;
    const asked: (number | undefined)[] = [];
    let answering = 0;
    let most = 0;
    vi.spyOn(store, 'decisions').mockImplementation(async (first, last, maxCharacters) => {
      asked.push(maxCharacters);
      answering += 1;
      most = Math.max(most, answering);
      await new Promise(setImmediate);
      answering -= 1;
      const all = Array.from({ length: last - first + 1 }, (_, index) => stored(first + index));
      const fit = all.slice(0, Math.max(1, Math.floor((maxCharacters ?? Infinity) / LARGE)));
      read += fit.length;
      return fit;
    });
    const asker = await Asker.connect(hub, 'gateway');
    const session = await asker.session();
    const queries = Array.from({ length: 4 }, (_, index) =>
      asker.ask({ type: 'ledger', from: 1, limit: 1000 }, session, index + 1),
    );
    const answers = (await Promise.all(queries)) as { decisions: unknown[] }[];
    for (const { decisions } of answers) expect(decisions).toHaveLength(2);
    expect(asked).not.toContain(undefined);
    expect(read).toBeLessThanOrEqual(4 * 16);
    expect(most).toBeLessThanOrEqual(2);
  });
});

describe('what a client may have answered', () => {
  const page = { type: 'ledger', from: 1, limit: 1000 } as const;

  it('I15, sibling: a status stands in no line with pages of the ledger', async () => {
    const hub = new InProcessHub();
    const node = await start(hub);
    const { store } = node.app.get(ReplicaService);
    let give: () => void = () => undefined;
    const given = new Promise<[]>((resolve) => (give = () => resolve([])));
    const reading = vi.spyOn(store, 'decisions').mockReturnValue(given);
    const gateway = await Asker.connect(hub, 'gateway');
    const session = await gateway.session();
    const pages = Array.from({ length: 50 }, (_, at) => gateway.sign(page, session, at + 1));
    for (const each of pages) await gateway.send(each);
    await vi.waitUntil(() => reading.mock.calls.length === 2);
    expect(await gateway.ask({ type: 'status' }, session, 101)).toMatchObject({ id: NODE });
    const newest = await gateway.ask({ type: 'newest-timestamp' }, session, 102);
    expect(newest).toHaveProperty('newest');
    expect(gateway.answerTo(pages[0]!)).toBeUndefined();
    give();
    for (const each of pages) await vi.waitUntil(() => gateway.answerTo(each) !== undefined);
  });

  it('I15, sibling: is bounded, and leaves others and its other queries theirs', async () => {
    const hub = new InProcessHub();
    const node = await start(hub);
    const { store } = node.app.get(ReplicaService);
    const text = 'x'.repeat(200_000);
    const digest = 'ab'.repeat(32);
    const request = { kind: 'request', client: 'alice', timestamp: 1, operation: text } as const;
    const requests = [{ ...request, digest, signature: '' }];
    const slot = { view: 0, sequence: 1, digest };
    const proof = { scheme: 'ed25519', signers: [], signatures: [] };
    const certificate = { kind: 'certificate', phase: 'commit', ...slot, proof } as const;
    const decision = { kind: 'decision', ...slot, requests, certificate } as const;
    vi.spyOn(store, 'decisions').mockResolvedValue([{ decision, ledgerHead: digest }]);
    const [alice, gateway] = [
      await Asker.connect(hub, 'alice'),
      await Asker.connect(hub, 'gateway'),
    ];
    const [session, others] = [await alice.session(), await gateway.session()];
    // No time passes, so nothing comes back of what was spent.
    const nowMs = performance.now();
    vi.spyOn(performance, 'now').mockReturnValue(nowMs);
    onTestFinished(() => void vi.restoreAllMocks());
    const one = { type: 'ledger', from: 1, limit: 1 } as const;
    const asked = Array.from({ length: 150 }, (_, at) => alice.sign(one, session, at + 2));
    for (const each of asked) await alice.send(each);
    const answered = (): number =>
      asked.filter((each) => alice.answerTo(each) !== undefined).length;
    await vi.waitUntil(() => answered() >= 60, PATIENCE);
    expect(await alice.ask({ type: 'status' }, session, 200)).toMatchObject({ id: NODE });
    expect(await alice.ask({ type: 'decision', sequence: 1 }, session, 201)).toHaveProperty(
      'decisions',
    );
    expect(await gateway.ask(one, others, 2)).toHaveProperty('decisions');
    expect(answered()).toBeLessThan(70);
  });

  it('I15, sibling: is not spent by those who forge its queries', async () => {
    const hub = new InProcessHub();
    const node = await start(hub);
    const gateway = await Asker.connect(hub, 'gateway');
    const session = await gateway.session();
    const { runner } = node.app.get(ReplicaService);
    // As long as they are checked at all.
    vi.spyOn(runner.doubt, 'check').mockImplementation((_origin, check) => check());
    let nowMs = performance.now();
    vi.spyOn(performance, 'now').mockImplementation(() => (nowMs += 10));
    onTestFinished(() => void vi.restoreAllMocks());
    const signed = gateway.sign({ type: 'status' }, session, 1);
    for (let counter = 2; counter < 200; counter += 1) await gateway.send({ ...signed, counter });
    expect(await gateway.ask({ type: 'status' }, session, 300)).toMatchObject({
      rejects: { 'bad-signature': 198 },
    });
  });
});

describe('recorded queries', () => {
  it('I15, sibling: do not spend what their client may have answered', async () => {
    const hub = new InProcessHub();
    await start(hub);
    const gateway = await Asker.connect(hub, 'gateway');
    const outsider = await Asker.connect(hub, 'alice');
    const recorded = gateway.sign({ type: 'status' }, 'unknown', 1);
    const session = await gateway.session();
    // Whatever is done takes long.
    let nowMs = performance.now();
    vi.spyOn(performance, 'now').mockImplementation(() => (nowMs += 10));
    onTestFinished(() => void vi.restoreAllMocks());
    for (let times = 0; times < 300; times += 1) await outsider.send(recorded);
    expect(await gateway.ask({ type: 'status' }, session, 2)).toMatchObject({
      rejects: { throttled: expect.any(Number) as number },
    });
  });
});

describe('the reply to one request, signed again', () => {
  it('A3, sibling: holds others of the client in the slot as well if wanted, as many as fit', async () => {
    const hub = new InProcessHub();
    const node = await start(hub);
    const digestOf = (at: number): string => at.toString(16).padStart(64, '0');
    const shared = { kind: 'request', operation: '', signature: '' } as const;
    const owners = ['gateway', 'alice', 'gateway', 'gateway', 'gateway'];
    const requests = owners.map((client, at) => ({
      ...{ ...shared, client, timestamp: at, digest: digestOf(at) },
    }));
    const results = requests.map(({ timestamp, digest }) => ({
      ...{ timestamp, request: digest, sequence: 3, batch: digestOf(9) },
      result: JSON.stringify('a'.repeat(100 * 1024)),
    }));
    const proof = { scheme: 'ed25519', signers: [], signatures: [] };
    const slot = { view: 0, sequence: 3, digest: digestOf(9) };
    const certificate = { kind: 'certificate', phase: 'commit', ...slot, proof } as const;
    const decision = { kind: 'decision', ...slot, requests, certificate } as const;
    const { store } = node.app.get(ReplicaService);
    const rest = results.filter((_, at) => owners[at] === 'gateway' && at !== 2);
    const [, , result] = results;
    if (result === undefined) throw new Error('none');
    vi.spyOn(store, 'result').mockResolvedValue({ decision, result, rest });
    const asker = await Asker.connect(hub, 'gateway');
    const session = await asker.session();
    const query = { type: 'reply', sequence: 3, client: 'gateway', timestamp: 2 } as const;
    const timestampsIn = (answer: unknown): number[] =>
      (answer as { reply: { results: { timestamp: number }[] } }).reply.results.map(
        ({ timestamp }) => timestamp,
      );
    expect(timestampsIn(await asker.ask(query, session, 1))).toEqual([2]);
    // The one that was asked for comes first.
    const all = { ...query, others: true } as const;
    expect(timestampsIn(await asker.ask(all, session, 2))).toEqual([2, 0]);
    results.forEach((result) => (result.result = 'true'));
    expect(timestampsIn(await asker.ask(all, session, 3))).toEqual([2, 0, 3, 4]);
  });
});
