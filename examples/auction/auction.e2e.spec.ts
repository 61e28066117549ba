/**
 * The example as its README describes it: four nodes on a real Redis, one of which lies, and the
 * fronts of three people.
 */
import { clusterKeys, developmentCluster, developmentKey } from '@ccro/cluster-config';
import { RedisBroker } from '@ccro/broker';
import { clusterFacts, startNode, type NodeApp } from '@ccro/node-app';
import { ReceiptVerifier } from '@ccro/receipt';
import { startRedisServer, type RedisServer } from '@ccro/redis-server';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Logger } from '@nestjs/common';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import auction from './auction.js';
import { createAuctionApp } from './auction-app.js';

Logger.overrideLogger(['error', 'fatal']);

const LIAR = 3;
const PEOPLE = ['sam', 'alice', 'bob'] as const;
const config = developmentCluster({
  nodes: 4,
  mode: 'ccro',
  cluster: 'auction-spec',
  clients: PEOPLE,
  stateMachine: 'auction@1',
  // Checkpoints soon: their digests are what honest nodes compare.
  tuning: { checkpointInterval: 4, windowSlots: 64, maxInFlightSlots: 8 },
});

interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

describe('the auction, with a liar among its nodes', () => {
  let redis: RedisServer;
  const nodes: NodeApp[] = [];
  const fronts = new Map<string, { readonly app: NestFastifyApplication; readonly url: string }>();

  beforeAll(async () => {
    redis = await startRedisServer();
    for (const { id } of config.members) {
      const node = await startNode({
        facts: clusterFacts(config),
        self: id,
        secretKey: developmentKey('node', id).secretKey,
        broker: new RedisBroker({ url: redis.url, name: `node ${id}` }),
        stateMachine: auction,
        storage: { durability: 'memory' },
        httpPort: 0,
        host: '127.0.0.1',
        faultInjection: false,
        ...(id === LIAR ? { fault: 'false-replies' } : {}),
        tuning: config.tuning,
        onFatal: (error) => {
          throw error;
        },
      });
      nodes.push(node);
    }
    for (const clientId of PEOPLE) {
      const { secretKey } = developmentKey('client', clientId);
      const app = await createAuctionApp({
        cluster: config,
        clientId,
        redis: redis.url,
        secretKey,
        timeoutMs: 20_000,
      });
      await app.listen(0, '127.0.0.1');
      fronts.set(clientId, { app, url: await app.getUrl() });
    }
  });

  afterAll(async () => {
    await Promise.all([...fronts.values()].map(({ app }) => app.close()));
    await Promise.all(nodes.map((node) => node.close()));
    await redis?.stop();
  });

  /** Calls the front of one of the people. */
  async function as(
    person: (typeof PEOPLE)[number],
    method: string,
    path: string,
    body?: unknown,
  ): Promise<Answer> {
    const response = await fetch(`${fronts.get(person)?.url}/auctions/${path}`, {
      method,
      ...(body === undefined
        ? {}
        : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    });
    return { status: response.status, body: (await response.json()) as Answer['body'] };
  }

  it('is held, with results that no liar signed', async () => {
    const { status, body } = await as('sam', 'PUT', 'vase', { reserve: 100 });
    expect({ status, body }).toMatchObject({
      status: 200,
      body: { result: { seller: 'sam', reserve: 100, open: true, best: null }, required: 2 },
    });
    expect(body['signedBy']).not.toContain(LIAR);
    expect((await as('alice', 'POST', 'vase/bids', { amount: 120 })).status).toBe(201);
    expect(await as('bob', 'POST', 'vase/bids', { amount: 120 })).toMatchObject({
      status: 409,
      body: { error: 'too-low', best: { bidder: 'alice', amount: 120 } },
    });
    expect((await as('alice', 'POST', 'vase/close')).body).toMatchObject({ error: 'not-yours' });
  });

  it('gives one highest bid when all bid at once', async () => {
    await as('sam', 'PUT', 'lamp', { reserve: 1 });
    const amounts = Array.from({ length: 20 }, (_, at) => at + 1);
    const answers = await Promise.all(
      amounts.map((amount) =>
        as(amount % 2 === 0 ? 'alice' : 'bob', 'POST', 'lamp/bids', { amount }),
      ),
    );
    expect(answers.every(({ status }) => status === 201 || status === 409)).toBe(true);
    expect((await as('bob', 'GET', 'lamp')).body).toMatchObject({
      result: { open: true, best: { bidder: 'alice', amount: 20 } },
    });
  });

  it('proves who won to those who trust neither front nor nodes', async () => {
    expect((await as('sam', 'POST', 'vase/close')).status).toBe(201);
    const response = await fetch(`${fronts.get('bob')?.url}/auctions/vase/receipt`);
    const receipt = await response.text();
    const verdict = new ReceiptVerifier(clusterKeys(config)).verify(Buffer.from(receipt));
    expect(verdict).toMatchObject({ holds: true });
    const { result } = JSON.parse(receipt) as { readonly result: string };
    expect(JSON.parse(result)).toEqual({
      seller: 'sam',
      reserve: 100,
      open: false,
      best: { bidder: 'alice', amount: 120 },
    });
  });

  it('is the same on all honest nodes', async () => {
    await vi.waitFor(
      async () => {
        const statuses = await Promise.all(
          nodes.map(async ({ url }) => (await (await fetch(`${url}/status`)).json()) as object),
        );
        const seen = statuses.map((status) => {
          const { stateMachine, stateDigest, lastExecuted } = status as Record<string, unknown>;
          return { stateMachine, stateDigest, lastExecuted };
        });
        expect(seen[0]).toMatchObject({ stateMachine: 'auction@1' });
        expect(new Set(seen.map((each) => JSON.stringify(each))).size).toBe(1);
      },
      { timeout: 20_000, interval: 100 },
    );
  });
});
