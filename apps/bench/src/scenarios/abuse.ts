/** What an honest node pays for what others send: processor, memory and latency, kind by kind. */

import { RedisBroker } from '@ccro/broker';
import { Quit, pause } from '@ccro/clock';
import { loadPrivateKey } from '@ccro/cluster-config';
import { median } from '@ccro/figures';
import { OPERATION_BYTES, operationOf } from '@ccro/measurement';
import { AUDITOR_CLIENT, cpuMilliseconds, residentMemory } from '@ccro/process-cluster';
import { Redis } from 'ioredis';
import { type Abuse, ABUSES, type Signing, signing } from '../abuse/abuses.js';
import { sessionsOf } from '../abuse/sessions.js';
import { closedLoop } from '../load/closed-loop.js';
import { MeasuredCluster } from '../processes/measured-cluster.js';
import { bytesOf, sampleUntil } from '../processes/memory-samples.js';
import type { Column, Row } from '../result/results.js';
import { atMost } from '../result/verdicts.js';
import { type Bench, type JudgedRow, measureCases, outcome, type Scenario } from './scenario.js';

const NODES = 4;
/** Offline, so that only the attack speaks in its name. */
const FAULTY = 3;
const BYTES_PER_SECOND = 1_000_000;
const DURATION_MS = { full: 60_000, quick: 3_000 } as const;
const WARM_UP = 400;
const TICK_MS = 10;
/** A request now and then, as long as the abuse lasts, to see what it does to others. */
const REQUEST_EVERY_MS = 100;
const OPERATION = operationOf(OPERATION_BYTES);
const MAX_CORE = 0.25;
const MAX_MEMORY_BYTES = 50_000_000;

const COLUMNS: readonly Column[] = [
  { key: 'by', title: 'by', unit: 'text' },
  { key: 'name', title: 'what', unit: 'text', label: true },
  { key: 'messages', title: 'messages', unit: 'per second' },
  { key: 'bytes', title: 'sent a second', unit: 'bytes' },
  { key: 'core', title: 'of a core, dearest node', unit: 'percent' },
  { key: 'memory', title: 'memory, dearest node', unit: 'bytes' },
  { key: 'p50', title: 'p50 of others', unit: 'ms' },
  { key: 'p50Before', title: 'p50 before', unit: 'ms' },
];

export const abuseScenario: Scenario = async (bench) => {
  const abuses = abusesNamed(bench.options.abuses);
  const measured = await measureCases(bench, abuses, nameOf, (abuse) => measure(abuse, bench));
  return outcome({
    name: 'abuse',
    title: 'Abuse: what 1 MB a second of anything costs an honest node',
    columns: COLUMNS,
    rows: measured.map(({ row }) => row),
    notes: [
      `n = ${NODES}, separate processes; node ${FAULTY} is offline and its key is used, as is a client's`,
      'processor and memory: what the dearest of the honest nodes takes more than before, with a ' +
        `request every ${REQUEST_EVERY_MS} ms in both cases`,
    ],
    verdicts: measured.flatMap(({ verdicts }) => verdicts),
  });
};

function abusesNamed(texts: readonly string[] | undefined): readonly Abuse[] {
  if (texts === undefined) return ABUSES;
  return ABUSES.filter((abuse) => texts.some((text) => nameOf(abuse).includes(text)));
}

function nameOf({ by, name }: Abuse): string {
  return `${by}: ${name}`;
}

async function measure(abuse: Abuse, { size, directory, quit }: Bench): Promise<JudgedRow> {
  const durationMs = DURATION_MS[size];
  const plan = {
    nodes: NODES,
    mode: 'ccro',
    durability: 'memory',
    faults: new Map([[FAULTY, 'offline' as const]]),
  } as const;
  return MeasuredCluster.use(plan, directory, quit, async (cluster) => {
    await closedLoop(cluster.client, { requests: WARM_UP, inFlight: 4 }, cluster.stop);
    const means = await meansOf(cluster);
    const quiet = await observe(cluster, durationMs, async () => pause(durationMs, cluster.stop));
    const redis = new Redis(cluster.processes.redis.url, { lazyConnect: true });
    await redis.connect();
    try {
      let sent: Row = {};
      const abused = await observe(cluster, durationMs, async () => {
        sent = await flood({ abuse, means, redis, durationMs }, cluster.stop);
      });
      return figuresOf(abuse, quiet, abused, sent);
    } finally {
      redis.disconnect();
    }
  });
}

async function meansOf({ processes, stop }: MeasuredCluster): Promise<Signing> {
  const { config, configPath, redis } = processes;
  const keyOf = (owner: Parameters<typeof loadPrivateKey>[0]['owner']): string =>
    loadPrivateKey({ config, configPath, owner }).secretKey;
  const means = signing({
    cluster: config.cluster,
    n: NODES,
    member: FAULTY,
    memberKey: keyOf({ role: 'node', id: FAULTY }),
    client: AUDITOR_CLIENT,
    clientKey: keyOf({ role: 'client', id: AUDITOR_CLIENT }),
    decided: WARM_UP / 4,
    sessions: new Map(),
  });
  const honest = processes.nodes.flatMap((_, id) => (id === FAULTY ? [] : [id]));
  const broker = new RedisBroker({ url: redis.url, name: 'abuse' });
  try {
    await broker.connect();
    return { ...means, sessions: await sessionsOf(broker, means, honest, stop) };
  } finally {
    await broker.close();
  }
}

/** What the honest nodes used while something went on. */
interface Observed {
  /** Of one processor, by node. */
  readonly cores: readonly number[];
  /** How much more memory each held at most than at the start. */
  readonly growth: readonly number[];
  readonly timesMs: readonly number[];
}

async function observe(
  cluster: MeasuredCluster,
  durationMs: number,
  happen: () => Promise<void>,
): Promise<Observed> {
  const honest = cluster.processes.nodes.filter((_, id) => id !== FAULTY).map(({ pid = 0 }) => pid);
  const cpu = (): Promise<number[]> =>
    Promise.all(honest.map(async (pid) => (await cpuMilliseconds(pid)) ?? NaN));
  // Of a node that is gone it is not a number, which meets no target.
  const memory = (): Promise<number[]> =>
    Promise.all(honest.map(async (pid) => (await residentMemory(pid)) ?? NaN));
  const [cpuBefore, memoryBefore] = [await cpu(), await memory()];
  const over = new AbortController();
  const sampling = honest.map((pid) => sampleUntil(pid, REQUEST_EVERY_MS, over.signal));
  const requests = requestNowAndThen(cluster, over.signal);
  // Together: when the run is interrupted, the request under way fails as well.
  const [timesMs, samples] = await Promise.all([
    requests,
    Promise.all(sampling),
    happen().finally(() => over.abort()),
  ]);
  const [cpuAfter, memoryAfter] = [await cpu(), await memory()];
  const highest = samples.map((each, index) =>
    Math.max(memoryAfter[index] ?? NaN, ...bytesOf(each)),
  );
  return {
    cores: cpuAfter.map((ms, index) => (ms - (cpuBefore[index] ?? 0)) / durationMs),
    growth: highest.map((bytes, index) => bytes - (memoryBefore[index] ?? NaN)),
    timesMs,
  };
}

async function requestNowAndThen(cluster: MeasuredCluster, over: AbortSignal): Promise<number[]> {
  const timesMs: number[] = [];
  while (!over.aborted && !cluster.stop.aborted) {
    const startedMs = performance.now();
    await cluster.client.submit(OPERATION).decided;
    timesMs.push(performance.now() - startedMs);
    await pause(REQUEST_EVERY_MS, over);
  }
  return timesMs;
}

interface Flood {
  readonly abuse: Abuse;
  readonly means: Signing;
  readonly redis: Redis;
  readonly durationMs: number;
}

/** Sends so many bytes a second until the time is up. @returns what was sent in a second */
async function flood({ abuse, means, redis, durationMs }: Flood, stop: AbortSignal): Promise<Row> {
  const startedMs = performance.now();
  let messages = 0;
  let bytes = 0;
  for (let elapsed = 0; elapsed < durationMs; elapsed = performance.now() - startedMs) {
    if (stop.aborted) throw new Quit();
    let last: Promise<unknown> = Promise.resolve();
    while (bytes < (BYTES_PER_SECOND * elapsed) / 1000) {
      const channel = abuse.to?.(means, messages) ?? means.channels.broadcast;
      const payload = abuse.message(means, messages);
      const { buffer, byteOffset, byteLength } = payload;
      last = redis.publish(channel, Buffer.from(buffer, byteOffset, byteLength));
      messages += 1;
      bytes += payload.length;
    }
    await last;
    await pause(TICK_MS, stop);
  }
  const seconds = durationMs / 1000;
  return { messages: messages / seconds, bytes: bytes / seconds };
}

function figuresOf(abuse: Abuse, quiet: Observed, abused: Observed, sent: Row): JudgedRow {
  const more = abused.cores.map((share, index) => share - (quiet.cores[index] ?? 0));
  const core = Math.max(0, ...more);
  const memory = Math.max(0, ...abused.growth);
  const name = nameOf(abuse);
  return {
    row: {
      by: abuse.by,
      name: abuse.name,
      ...sent,
      core: 100 * core,
      memory,
      p50: median(abused.timesMs),
      p50Before: median(quiet.timesMs),
    },
    verdicts: [
      atMost(`processor, ${name}`, 100 * core, 100 * MAX_CORE, 'percent'),
      atMost(`memory, ${name}`, memory, MAX_MEMORY_BYTES, 'bytes'),
    ],
  };
}
