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

  async observe(observation: Observation, signal: AbortSignal): Promise<Observed> {
    this.asked.push(observation);
    if (this.isStuck) {
      await new Promise((_, reject) => {
        signal.addEventListener('abort', () => reject(new Quit()), { once: true });
      });
    }
    if (observation.mode === this.failing) throw new CellFailure('no decision within 20 s');
    return decided(observation.mode === 'pbft' ? 41 : 23);
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
        { mode: 'pbft', outcome: 'decided', decision: decided(41) },
        { mode: 'ccro', outcome: 'decided', decision: decided(23) },
      ],
    });
    const operation = JSON.stringify({ type: 'append', data: { price: 3 } });
    expect(observer.asked).toEqual(
      ['pbft', 'ccro'].map((mode) => ({
        mode,
        nodes: 7,
        byzantine: 2,
        fault: 'falsify',
        operation,
      })),
    );
    expect(observer.open).toBe(0);
  });

  it('says so when one of them comes to nothing', async () => {
    const observer = new ScriptedObserver();
    observer.failing = 'pbft';
    const { call } = await gatewayWith(observer);
    const { body } = await call('POST', '/comparison', { json: { data: 1 } });
    expect(body['modes']).toEqual([
      { mode: 'pbft', outcome: 'failed', reason: 'no decision within 20 s' },
      { mode: 'ccro', outcome: 'decided', decision: decided(23) },
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
