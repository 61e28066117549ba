import { channelNames } from '@ccro/broker';
import { encodeReport, type ClusterEvent, type NodeReport } from '@ccro/telemetry';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { closeStarted, startedGateway as start } from '../../test/started-gateway.js';
import { followEvents } from '../../test/event-reader.js';

afterEach(closeStarted);

const { telemetry } = channelNames('gateway-spec');

function summary(node: number, parts: Partial<NodeReport> = {}): NodeReport {
  return {
    ...{ kind: 'telemetry', node, every: 1, omitted: 0 },
    state: {
      ...{ view: 1, primary: 1, collector: 3, lastExecuted: 9, fault: null },
      counters: { received: 1, rejected: 0, unsent: 0, badVotes: 0, fast: 9, slow: 0, caughtUp: 0 },
    },
    ...{ messages: [], decisions: [], progress: [], evidence: [] },
    ...parts,
  };
}

describe('GET /events', () => {
  it('says what the cluster is, then what nodes tell and what becomes of requests', async () => {
    const { gateway, hub, call } = await start({ faultInjection: true });
    const node = hub.broker('node');
    await node.connect();
    onTestFinished(() => node.close());
    const { events, response } = await followEvents(gateway.url);
    expect(response.headers.get('content-type')).toContain('text/event-stream');
    await vi.waitFor(() => expect(events).not.toHaveLength(0));
    expect(events[0]).toMatchObject({ type: 'hello', mode: 'ccro', n: 4, f: 1, quorum: 3 });

    await vi.waitFor(async () => {
      expect(await node.publish(telemetry(2), encodeReport(summary(2)))).toBe(1);
    });
    await node.publish(telemetry(1), Buffer.from('{"kind":"telemetry","node":"garbage"}'));
    // About another node than the one whose channel it is, and about none.
    await node.publish(telemetry(1), encodeReport(summary(3)));
    await node.publish(telemetry(7), encodeReport(summary(7)));
    const { body } = await call('POST', '/requests', { json: { data: 'seen' } });
    const ofType = (type: ClusterEvent['type']): ClusterEvent[] =>
      events.filter((event) => event.type === type);
    await vi.waitFor(() => expect(ofType('decided')).toMatchObject([{ id: body.id, sequence: 1 }]));
    expect(ofType('node')).toEqual([{ type: 'node', node: 2, state: summary(2).state }]);
    // The second may have ended in between.
    const counted = (what: 'accepted' | 'decided'): number =>
      events.reduce((sum, event) => sum + (event.type === 'rates' ? event[what] : 0), 0);
    await vi.waitFor(() => expect([counted('accepted'), counted('decided')]).toEqual([1, 1]), {
      timeout: 3_000,
    });
    expect(ofType('rates').at(-1)).toMatchObject({ refused: 0, pending: 0 });
  });

  it('G5: tells whoever comes later what was decided before', async () => {
    const { gateway, call } = await start();
    const { body } = await call('POST', '/requests', { json: { data: 'before' } });
    const { events } = await followEvents(gateway.url);
    await vi.waitFor(() => expect(events.length).toBeGreaterThan(1));
    expect(events[1]).toMatchObject({ type: 'history', decided: [{ id: body.id, sequence: 1 }] });
    const rates = (): ClusterEvent[] => events.filter((event) => event.type === 'rates');
    await vi.waitFor(() => expect(rates().length).toBeGreaterThan(0), { timeout: 3_000 });
    const { events: later } = await followEvents(gateway.url);
    await vi.waitFor(() => expect(later.length).toBeGreaterThan(1));
    const history = later[1];
    const seconds = history?.type === 'history' ? history.rates : [];
    expect(seconds.reduce((sum, { decided }) => sum + decided, 0)).toBe(1);
  });

  it('listens to telemetry only while somebody follows', async () => {
    const { gateway, hub } = await start();
    const node = hub.broker('node');
    await node.connect();
    onTestFinished(() => node.close());
    const receivers = (): Promise<number> => node.publish(telemetry(1), encodeReport(summary(1)));
    expect(await receivers()).toBe(0);
    const first = await followEvents(gateway.url);
    const second = await followEvents(gateway.url);
    await vi.waitFor(async () => expect(await receivers()).toBe(1));
    first.close();
    await vi.waitFor(() => expect(second.events.length).toBeGreaterThan(1));
    expect(await receivers()).toBe(1);
    second.close();
    await vi.waitFor(async () => expect(await receivers()).toBe(0));
  });

  it('ends when the gateway stops', async () => {
    const { gateway } = await start();
    const { ended } = await followEvents(gateway.url);
    await gateway.close();
    await ended;
  });
});
