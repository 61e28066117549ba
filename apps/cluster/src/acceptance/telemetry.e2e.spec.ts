/**
 * Issue 5, acceptance: whoever follows `GET /events` sees the phases of a decision, the decision, a
 * lie and a change of view; while nobody does, nodes send a summary a second to nobody and no more.
 */

import { channelNames } from '@ccro/broker';
import type { ClusterEvent, NodeReport } from '@ccro/telemetry';
import { describe, expect, it, vi } from 'vitest';
import { followEvents } from '../../../gateway/test/event-reader.js';
import { decide } from './support/http.testkit.js';
import { freshRedis, plainConnection } from './support/redis.testkit.js';
import { nameOf, PATIENCE_MS, startedCluster, untilLevel } from './support/test-cluster.testkit.js';

type EventOf<T extends ClusterEvent['type']> = Extract<ClusterEvent, { readonly type: T }>;

function ofType<T extends ClusterEvent['type']>(
  events: readonly ClusterEvent[],
  type: T,
): EventOf<T>[] {
  return events.filter((event): event is EventOf<T> => event.type === type);
}

describe('telemetry on Redis', () => {
  const redis = freshRedis();

  it('is for those who follow it alone, and shows what happens', async () => {
    const watch = plainConnection(redis().url);
    await watch.ping();
    // MONITOR shows what is published without receiving it. It begins while nobody else sends anything: ioredis
    // takes a line that arrives together with MONITOR's own answer for the answer to another command.
    const monitor = await watch.monitor();
    const sent: { readonly channel: string; readonly text: string }[] = [];
    monitor.on('monitor', (_time: string, [command, channel = '', text = '']: string[]) => {
      if (command?.toLowerCase() === 'publish') sent.push({ channel, text });
    });
    const cluster = await startedCluster({
      ...{ broker: 'redis', redisUrl: redis().url, faultInjection: true },
    });
    const { telemetry } = channelNames(await nameOf(cluster));
    const channels = cluster.nodes.map(({ id }) => telemetry(id));
    const published = (): NodeReport[] =>
      sent
        .filter(({ channel }) => channels.includes(channel))
        .map(({ text }) => JSON.parse(text) as NodeReport);

    for (let count = 1; count <= 20; count += 1) await decide(cluster.gatewayUrl, count);
    await untilLevel(cluster.nodes, 20);
    await vi.waitFor(() => expect(published().length).toBeGreaterThanOrEqual(4), {
      timeout: PATIENCE_MS,
    });
    const nobody = channels.flatMap((channel) => [channel, 0]);
    expect(await watch.pubsub('NUMSUB', ...channels)).toEqual(nobody);
    const entries = published().flatMap(({ messages, decisions }) => [...messages, ...decisions]);
    expect(entries).toEqual([]);

    const { events } = await followEvents(cluster.gatewayUrl);
    await vi.waitFor(() => expect(ofType(events, 'node').length).toBeGreaterThanOrEqual(4), {
      timeout: PATIENCE_MS,
    });
    const { sequence } = await decide(cluster.gatewayUrl, 'watched');
    await vi.waitFor(
      () => {
        const decision = ofType(events, 'decision').find((each) => each.sequence === sequence);
        expect(decision).toMatchObject({ view: 0, requests: 1 });
        expect(ofType(events, 'decided').map((each) => each.sequence)).toContain(sequence);
      },
      { timeout: PATIENCE_MS },
    );
    // Nodes report in turn: the collector may be the last.
    await vi.waitFor(
      () => {
        const seen = ofType(events, 'messages').flatMap(({ messages }) => messages);
        const ofSlot = seen.filter((message) => message.sequence === sequence);
        const steps = new Set(ofSlot.map(({ kind, phase }) => `${kind} ${phase}`));
        for (const step of ['pre-prepare null', 'vote prepare', 'certificate prepare']) {
          expect(steps).toContain(step);
        }
      },
      { timeout: PATIENCE_MS },
    );

    await cluster.call('PUT', '/nodes/3/fault', { json: { kind: 'double-vote' } });
    await decide(cluster.gatewayUrl, 'with a liar');
    await vi.waitFor(
      () => expect(ofType(events, 'evidence').map(({ accused }) => accused)).toContain(3),
      { timeout: PATIENCE_MS },
    );
    await cluster.call('DELETE', '/nodes/3/fault');
    await cluster.call('PUT', '/nodes/0/fault', { json: { kind: 'offline' } });
    await decide(cluster.gatewayUrl, 'without its commander');
    await vi.waitFor(
      () => {
        const entered = ofType(events, 'progress').filter(({ kind }) => kind === 'entered-view');
        expect(entered.map(({ view }) => view)).toContain(1);
        const views = ofType(events, 'node').map(({ state }) => state.view);
        expect(Math.max(...views)).toBe(1);
      },
      { timeout: PATIENCE_MS },
    );
  });
});
