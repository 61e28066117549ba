/**
 * Issue 3, acceptance: nodes that are killed, stopped, cut off or lie, as processes of their own
 * over a real Redis (scenarios 1, 2, 12, 14, 24 to 27, 50, 51, 62 and 63).
 */

import { expect, it, onTestFinished, vi } from 'vitest';
import type { DecidedAnswer } from '../gateway-api.js';
import { clusterFile, temporaryDirectory } from './support/files.testkit.js';
import { call, decide } from './support/http.testkit.js';
import {
  needsBuild,
  startGatewayProgram,
  startNodeProgram,
  type StartedProgram,
} from './support/programs.testkit.js';
import { plainConnection, startedRedis } from './support/redis.testkit.js';
import { expectDecidedRight } from './support/replay.testkit.js';
import { PATIENCE_MS, statusOf, untilLevel } from './support/test-cluster.testkit.js';

needsBuild();

const MEMBERS = [0, 1, 2, 3];
const TIMEOUT_MS = 120_000;
/** As small as `maxInFlightSlots` allows, so that nodes fall behind it quickly. */
const TUNING = { checkpointInterval: 16, windowSlots: 32 } as const;

interface Processes {
  readonly redisUrl: string;
  readonly url: string;
  readonly nodes: (StartedProgram & { readonly id: number })[];
  /** Starts a node, again. */
  startNode(id: number): Promise<void>;
}

/** Four nodes that keep their records, and a gateway. */
async function startedProcesses(): Promise<Processes> {
  const directory = await temporaryDirectory();
  const path = await clusterFile({ tuning: TUNING });
  const redis = await startedRedis();
  const environment = { REDIS_URL: redis.url, CCRO_CONFIG: path, FAULT_INJECTION: 'on' };
  const start = (id: number): ReturnType<typeof startNodeProgram> =>
    startNodeProgram({
      ...environment,
      NODE_ID: String(id),
      DATA_DIR: directory,
    });
  const nodes = await Promise.all(MEMBERS.map(start));
  const { url } = await startGatewayProgram({ ...environment, REQUEST_TIMEOUT_MS: '20000' });
  return {
    redisUrl: redis.url,
    url,
    nodes,
    startNode: async (id) => {
      nodes[id] = await start(id);
    },
  };
}

/** A node's process. */
function nodeOf({ nodes }: Processes, id: number): StartedProgram {
  const node = nodes[id];
  if (node === undefined) throw new RangeError(`no node ${id}`);
  return node;
}

/** Requests that flow until they are told to end. */
class Load {
  readonly data: string[] = [];
  readonly answers: DecidedAnswer[] = [];
  private ended = false;
  private readonly workers: Promise<void>[];

  constructor(url: string, workers = 3) {
    this.workers = Array.from({ length: workers }, (_, worker) => this.work(url, worker));
  }

  /** Waits until `count` more are decided. */
  async more(count: number): Promise<void> {
    const target = this.answers.length + count;
    await vi.waitUntil(() => this.answers.length >= target, {
      timeout: PATIENCE_MS,
      interval: 10,
    });
  }

  /** @returns the highest slot that was decided */
  async end(): Promise<number> {
    this.ended = true;
    await Promise.all(this.workers);
    return Math.max(...this.answers.map(({ sequence }) => sequence));
  }

  private async work(url: string, worker: number): Promise<void> {
    for (let count = 1; !this.ended; count += 1) {
      const data = `worker ${worker}, request ${count}`;
      const answer = await decide(url, data);
      this.data.push(data);
      this.answers.push(answer);
    }
  }
}

/** All nodes are level, in one view, with one history and one state. */
async function expectLevel({ nodes }: Processes, sequence: number): Promise<void> {
  await vi.waitFor(
    async () => {
      const statuses = await untilLevel(nodes, sequence);
      const [first] = statuses;
      expect(first).toBeDefined();
      for (const { view, ledgerHead, stateDigest } of statuses) {
        expect({ view, ledgerHead, stateDigest }).toEqual({
          view: first?.view,
          ledgerHead: first?.ledgerHead,
          stateDigest: first?.stateDigest,
        });
      }
    },
    { timeout: PATIENCE_MS, interval: 100 },
  );
}

it(
  '14: communication node killed with SIGKILL while requests flow: they go on, it gets level',
  async () => {
    const processes = await startedProcesses();
    const load = new Load(processes.url);
    await load.more(20);
    const { collector } = await statusOf(nodeOf(processes, 0));
    if (collector === null) throw new Error('CCRO has a communication node');
    await nodeOf(processes, collector).program.stop('SIGKILL');
    await load.more(40);
    const others = processes.nodes.filter(({ id }) => id !== collector);
    const named = (await Promise.all(others.map(statusOf))).flatMap(({ evidence }) => evidence);
    expect(named.map(({ kind, accused }) => ({ kind, accused }))).toContainEqual({
      kind: 'collector-failed',
      accused: collector,
    });
    await processes.startNode(collector);
    await load.more(20);
    await expectLevel(processes, await load.end());
    await expectDecidedRight(processes.url, load.data, load.answers);
  },
  TIMEOUT_MS,
);

it(
  '2, 62: commander stopped with SIGSTOP while requests flow: replaced, and level when it is back',
  async () => {
    const processes = await startedProcesses();
    const commander = nodeOf(processes, 0);
    onTestFinished(() => commander.program.signal('SIGCONT'));
    const load = new Load(processes.url);
    await load.more(20);
    commander.program.signal('SIGSTOP');
    await load.more(20);
    const { view } = await statusOf(nodeOf(processes, 1));
    expect(view).toBeGreaterThanOrEqual(1);
    commander.program.signal('SIGCONT');
    await load.more(20);
    await expectLevel(processes, await load.end());
    await expectDecidedRight(processes.url, load.data, load.answers);
    const { view: last } = await statusOf(commander);
    expect(last).toBeGreaterThanOrEqual(view);
  },
  TIMEOUT_MS,
);

it(
  '51: slow subscriber disconnected by Redis, and 50, a connection that is dropped: level again',
  async () => {
    const processes = await startedProcesses();
    const slow = nodeOf(processes, 3);
    onTestFinished(() => slow.program.signal('SIGCONT'));
    const redis = plainConnection(processes.redisUrl);
    await redis.config('SET', 'client-output-buffer-limit', 'pubsub 1mb 1mb 0');
    const isConnected = async (id: number): Promise<boolean> =>
      String(await redis.client('LIST')).includes(` name=ccro:node:${id} `);
    expect(await isConnected(3)).toBe(true);

    const answers: DecidedAnswer[] = [];
    const data: string[] = [];
    const large = async (): Promise<void> => {
      const text = `${data.length} ${'x'.repeat(100_000)}`;
      data.push(text);
      answers.push(await decide(processes.url, text));
    };
    slow.program.signal('SIGSTOP');
    while (await isConnected(3)) {
      await large();
      // What the sockets hold comes on top of Redis' own buffer.
      expect(data.length).toBeLessThan(200);
    }
    await large();
    slow.program.signal('SIGCONT');
    await expectLevel(processes, Math.max(...answers.map(({ sequence }) => sequence)));

    for (const id of MEMBERS) {
      const list = String(await redis.client('LIST')).split('\n');
      const line = list.find((each) => each.includes(` name=ccro:node:${id} `));
      const [, connection = ''] = /^id=(\d+) /.exec(line ?? '') ?? [];
      await redis.client('KILL', 'ID', connection);
      await large();
    }
    await expectLevel(processes, Math.max(...answers.map(({ sequence }) => sequence)));
    await expectDecidedRight(processes.url, data, answers);
  },
  TIMEOUT_MS,
);

it(
  '63: lagging below the checkpoint: level again by state transfer, with an equal state',
  async () => {
    const processes = await startedProcesses();
    const answers: DecidedAnswer[] = [];
    const data: string[] = [];
    const decideSlots = async (last: number): Promise<void> => {
      while ((answers.at(-1)?.sequence ?? 0) < last) {
        data.push(`slot ${data.length}`);
        answers.push(await decide(processes.url, data.at(-1)));
      }
    };
    await decideSlots(3);
    await untilLevel(processes.nodes, 3);
    await nodeOf(processes, 3).program.stop('SIGKILL');
    await decideSlots(3 + 2 * TUNING.windowSlots + TUNING.checkpointInterval);
    await processes.startNode(3);
    const said = nodeOf(processes, 3).program;
    expect(Number(await said.says(/took over the state at (\d+)/))).toBeGreaterThanOrEqual(64);
    await expectLevel(processes, answers.at(-1)?.sequence ?? 0);
    await decideSlots((answers.at(-1)?.sequence ?? 0) + 2);
    await expectLevel(processes, answers.at(-1)?.sequence ?? 0);
    await expectDecidedRight(processes.url, data, answers);
  },
  TIMEOUT_MS,
);

/** Ways to lie, whose turn it is, and what the others find. */
const LIES = [
  ['equivocate', 'commander', 'conflicting-proposals'],
  ['silent-collector', 'communication', 'collector-failed'],
  ['offline', 'replica', undefined],
  ['falsify', 'replica', 'vote-against-decision'],
  ['double-vote', 'replica', 'conflicting-votes'],
  ['false-replies', 'replica', undefined],
] as const;

it(
  '1, 12, 24, 25, 26, 27: a process that lies in each way in turn: found out, all decided right',
  async () => {
    const processes = await startedProcesses();
    const { nodes, url } = processes;
    const load = new Load(url);
    for (const [kind, role, evidence] of LIES) {
      await load.more(10);
      const before = await Promise.all(nodes.map(statusOf));
      const liar = before.find((status) => status.role === role)?.id;
      if (liar === undefined) throw new Error(`nobody is ${role}`);
      const path = `/nodes/${liar}/fault`;
      expect(await call(url, 'PUT', path, { json: { kind } })).toMatchObject({ status: 200 });
      await load.more(20);
      await vi.waitFor(
        async () => {
          const others = await Promise.all(nodes.filter(({ id }) => id !== liar).map(statusOf));
          const found = others.flatMap((status) => status.evidence);
          if (evidence === undefined) return;
          expect(found.map((each) => ({ accused: each.accused, kind: each.kind }))).toContainEqual({
            accused: liar,
            kind: evidence,
          });
        },
        { timeout: PATIENCE_MS, interval: 50 },
      );
      expect(await call(url, 'DELETE', path)).toMatchObject({ status: 200 });
    }
    await expectLevel(processes, await load.end());
    await expectDecidedRight(url, load.data, load.answers);
  },
  TIMEOUT_MS,
);
