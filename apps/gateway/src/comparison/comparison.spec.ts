import {
  CellFailure,
  type DecisionObserver,
  type Observation,
  type Observed,
} from '@ccro/experiment';
import { Quit } from '@ccro/clock';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { expectProblem } from '../../test/expect-problem.js';
import { closeStarted, startedGateway } from '../../test/started-gateway.js';

afterEach(closeStarted);

const TIMES = { median: 3, least: 3, most: 3, rounds: 5 };

function decided(deliveries: number): Observed {
  const byKind = { vote: deliveries };
  return { consensusTimeMs: 3, view: 0, sequence: 1, deliveries, bytes: 9, byKind, nodes: [] };
}

/** Answers at once, until it is told to wait. */
class ScriptedObserver implements DecisionObserver {
  readonly asked: Observation[] = [];
  open = 0;
  isStuck = false;
  failing: string | undefined;
  /** Consensus times, in the order in which it is asked. Default: always the same. */
  times: number[] = [];

  async observe(observation: Observation, signal: AbortSignal): Promise<Observed> {
    this.asked.push(observation);
    if (this.isStuck) {
      await new Promise((_, reject) => {
        signal.addEventListener('abort', () => reject(new Quit()), { once: true });
      });
    }
    if (observation.mode === this.failing) throw new CellFailure('no decision within 20 s');
    const decision = decided(observation.mode === 'pbft' ? 41 : 23);
    const consensusTimeMs = this.times.shift() ?? decision.consensusTimeMs;
    return { ...decision, consensusTimeMs };
  }

  async close(): Promise<void> {
    this.open -= 1;
  }
}

async function gatewayWith(observer: ScriptedObserver): ReturnType<typeof startedGateway> {
  return startedGateway({
    createObserver: () => {
      observer.open += 1;
      return observer;
    },
  });
}

describe('POST /comparison', () => {
  it('has both modes decide on the same operation', async () => {
    const observer = new ScriptedObserver();
    const { call } = await gatewayWith(observer);
    const json = { data: { price: 3 }, nodes: 7, fault: 'falsify' };
    const { status, body } = await call('POST', '/comparison', { json });
    expect(status).toBe(200);
    expect(body).toEqual({
      nodes: 7,
      byzantine: 2,
      fault: 'falsify',
      modes: [
        { mode: 'pbft', outcome: 'decided', decision: decided(41), times: TIMES },
        { mode: 'ccro', outcome: 'decided', decision: decided(23), times: TIMES },
      ],
    });
    const operation = JSON.stringify({ type: 'append', data: { price: 3 } });
    const modes = ['pbft', 'ccro'];
    expect(observer.asked).toEqual([
      ...modes.map((mode) => ({ mode, nodes: 7, byzantine: 0, fault: 'none', operation })),
      ...Array.from({ length: 5 }, () =>
        modes.map((mode) => ({ mode, nodes: 7, byzantine: 2, fault: 'falsify', operation })),
      ).flat(),
    ]);
    expect(observer.open).toBe(0);
  });

  it('says so when one of them comes to nothing', async () => {
    const observer = new ScriptedObserver();
    observer.failing = 'pbft';
    const { call } = await gatewayWith(observer);
    const { body } = await call('POST', '/comparison', { json: { data: 1 } });
    expect(body['modes']).toEqual([
      { mode: 'pbft', outcome: 'failed', reason: 'no decision within 20 s' },
      { mode: 'ccro', outcome: 'decided', decision: decided(23), times: TIMES },
    ]);
  });

  it('G5: what is slow at first does not count, and the median of the others does', async () => {
    const observer = new ScriptedObserver();
    observer.times = [900, 800, 5, 9, 3, 8, 70, 1, 4, 2, 6, 7];
    const { call } = await gatewayWith(observer);
    const { body } = await call('POST', '/comparison', { json: { data: 1 } });
    expect(body['modes']).toMatchObject([
      { times: { median: 5, least: 3, most: 70, rounds: 5 }, decision: { consensusTimeMs: 5 } },
      { times: { median: 7, least: 1, most: 9, rounds: 5 }, decision: { consensusTimeMs: 7 } },
    ]);
  });

  it('is one at a time, and ends with the gateway', async () => {
    const observer = new ScriptedObserver();
    observer.isStuck = true;
    const { call, gateway } = await gatewayWith(observer);
    const first = call('POST', '/comparison', { json: { data: 1 } });
    await vi.waitFor(() => expect(observer.asked).toHaveLength(1));
    const second = await call('POST', '/comparison', { json: { data: 2 } });
    expectProblem(second, 429, 'overloaded');
    expect(second.headers.get('retry-after')).toBe('1');
    await gateway.close();
    expectProblem(await first, 503, 'shutting-down');
    expect(observer.open).toBe(0);
  });

  it('is refused with the field and what is allowed', async () => {
    const { call } = await gatewayWith(new ScriptedObserver());
    for (const [json, field] of [
      [{}, 'data'],
      [{ data: 1, nodes: 17 }, 'nodes'],
      [{ data: 1, fault: 'lazy' }, 'fault'],
      [{ data: 1, mode: 'ccro' }, 'mode'],
    ] as const) {
      const answer = await call('POST', '/comparison', { json });
      expectProblem(answer, 400, 'invalid-request');
      expect(answer.body['detail']).toContain(field);
    }
  });
});
