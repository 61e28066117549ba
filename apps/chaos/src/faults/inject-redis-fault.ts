/** Faults of Redis, each from its beginning until every program is ready again. */

import { pause, until } from '@ccro/clock';
import type { SupervisedProcess } from '@ccro/process-cluster';
import { Redis } from 'ioredis';
import { readReadiness } from '../http/status.js';
import type { Incident } from '../timeline.js';
import type { FaultContext } from './fault-context.js';
import type { RedisFault } from './planned-fault.js';
import { untilReady } from './recovery.js';

/** How long the programs may take to say what is the matter with Redis. */
const NOTICE_BOUND_MS = 30_000;
const OTHER_PASSWORD = 'changed-by-chaos';
/** Nobody listens there. */
const UNUSED_PORT = '1';

type Command = readonly [string, ...string[]];

/** A change of a Redis that goes on running. */
interface Change {
  readonly wrong: Command;
  readonly right: Command;
  /** Whether everybody has to connect anew; by default not. */
  readonly drops?: boolean;
  /** What readiness must speak of. */
  readonly reason: RegExp;
}

/** @throws Overdue when nothing shows of it or not all is well again, RedisServerError, Quit */
export async function injectRedisFault(fault: RedisFault, context: FaultContext): Promise<void> {
  const { cluster, timeline, quit } = context;
  const incident = timeline.injected(fault, 'redis');
  if (fault.kind === 'redis-kill' || fault.kind === 'redis-restart') {
    await restart(fault.kind === 'redis-restart', fault.downMs, incident, context);
  } else {
    await change(changeOf(fault), fault.forMs, incident, context);
  }
  timeline.healed(incident);
  await untilReady([...cluster.nodes, ...cluster.gateways], quit);
  timeline.over(incident);
}

async function restart(
  orderly: boolean,
  downMs: number,
  incident: Incident,
  { cluster, timeUp }: FaultContext,
): Promise<void> {
  await cluster.stopRedis(orderly);
  if (!cluster.redis.running) incident.showed = 'its process was gone';
  await pause(downMs, timeUp);
  await cluster.reviveRedis();
}

function changeOf(fault: Exclude<RedisFault, { readonly downMs: number }>): Change {
  switch (fault.kind) {
    case 'redis-replica':
      return {
        wrong: ['REPLICAOF', '127.0.0.1', UNUSED_PORT],
        right: ['REPLICAOF', 'NO', 'ONE'],
        reason: /replica/,
      };
    case 'redis-rights':
      return {
        wrong: ['ACL', 'SETUSER', 'default', '-publish'],
        right: ['ACL', 'SETUSER', 'default', '+publish'],
        reason: /NOPERM/,
      };
    case 'redis-password': {
      const user = ['ACL', 'SETUSER', 'default'] as const;
      const isAcl = fault.means === 'ACL SETUSER';
      const config = ['CONFIG', 'SET', 'requirepass'] as const;
      return {
        wrong: isAcl ? [...user, 'resetpass', `>${OTHER_PASSWORD}`] : [...config, OTHER_PASSWORD],
        right: isAcl ? [...user, 'resetpass', 'nopass'] : [...config, ''],
        drops: true,
        reason: /NOAUTH|WRONGPASS/,
      };
    }
  }
}

async function change(
  { wrong, right, drops, reason }: Change,
  forMs: number,
  incident: Incident,
  context: FaultContext,
): Promise<void> {
  const { cluster, timeUp } = context;
  // It stays connected, and keeps its rights but for what nobody may.
  const admin = new Redis(cluster.redis.url, { maxRetriesPerRequest: 1 });
  admin.on('error', () => undefined); // each command says so itself
  const run = ([name, ...args]: Command): Promise<unknown> => admin.call(name, ...args);
  try {
    await run(wrong);
    cluster.redisRefuses();
    if (drops) {
      for (const type of ['normal', 'pubsub']) await run(['CLIENT', 'KILL', 'TYPE', type]);
    }
    incident.showed = await untilSaid(reason, context);
    await pause(forMs, timeUp);
    await run(right);
    cluster.redisTakesAll();
  } finally {
    admin.disconnect();
  }
}

/**
 * Waits until every program has said at its `/health/ready` what is the matter, but for those that
 * other faults keep from it: f nodes and all gateways but one may be down.
 *
 * @returns who did, and what one of them said
 */
async function untilSaid(
  reason: RegExp,
  { cluster, quit, affected }: FaultContext,
): Promise<string> {
  const said = new Map<string, string>();
  const listen = async ({ name, url }: SupervisedProcess): Promise<void> => {
    const why = url === undefined ? undefined : await readReadiness(url);
    if (typeof why === 'string' && reason.test(why)) said.set(name, why);
  };
  const bound = { boundMs: NOTICE_BOUND_MS, quit };
  await until(`a word about Redis (${reason.source})`, bound, async () => {
    await Promise.all([...cluster.nodes, ...cluster.gateways].map(listen));
    const nodes = cluster.nodes.filter(({ name }) => said.has(name)).length;
    const hasGateway = cluster.gateways.some(({ name }) => said.has(name));
    const isEnough = nodes >= cluster.nodes.length - affected.limit && hasGateway;
    return isEnough ? true : undefined;
  });
  const [why = ''] = said.values();
  return `${said.size} programs say: ${why}`;
}
