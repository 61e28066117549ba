import { afterEach, describe, expect, it, vi } from 'vitest';
import { expectProblem } from '../../test/expect-problem.js';
import { ScriptedMeasurer } from '../../test/scripted-measurer.js';
import { closeStarted, startedGateway, type StartedGateway } from '../../test/started-gateway.js';

const PATIENCE_MS = 9000;

afterEach(closeStarted);

async function gatewayWith(measurer = new ScriptedMeasurer()): Promise<StartedGateway> {
  return startedGateway({ createMeasurer: () => measurer });
}

/** Queues an experiment. @returns its path */
async function queued({ call }: StartedGateway, json: unknown): Promise<string> {
  const answer = await call('POST', '/experiments', { json });
  expect(answer.status).toBe(202);
  expect(answer.headers.get('location')).toBe(`/experiments/${String(answer.body.id)}`);
  return answer.headers.get('location') ?? '';
}

async function completed({ call }: StartedGateway, path: string): Promise<void> {
  await vi.waitFor(async () => expect((await call('GET', path)).body.state).toBe('completed'), {
    timeout: PATIENCE_MS,
  });
}

describe('experiments', () => {
  it('are measured, and told as JSON, CSV and charts', async () => {
    const gateway = await gatewayWith();
    const path = await queued(gateway, { byzantine: [1, 2], fault: ['offline', 'falsify'] });
    await completed(gateway, path);
    const { call } = gateway;
    const { body } = await call('GET', path);
    expect(body).toMatchObject({ progress: { done: 8, cells: 8 }, plan: { rounds: 3 } });
    expect(body.rows).toHaveLength(8);

    const csv = await call('GET', `${path}/results.csv`);
    expect(csv.headers.get('content-type')).toBe('text/csv; charset=utf-8');
    const lines = String(csv.body.text).trimEnd().split('\n');
    expect(lines).toHaveLength(9);
    expect(lines[1]).toMatch(/^pbft,4,1,offline,200,3,measured,4\.000,8\.000,12\.000,16,4000,/);

    const json = await call('GET', `${path}/results.json`);
    expect(json.body).toEqual({ plan: body.plan, rows: body.rows });

    for (const chart of ['time.svg', 'messages.svg']) {
      const { headers, body: svg } = await call('GET', `${path}/${chart}`);
      expect(headers.get('content-type')).toBe('image/svg+xml; charset=utf-8');
      for (const name of ['pbft, offline', 'ccro, falsify']) expect(svg.text).toContain(name);
    }
    const listed = (await call('GET', '/experiments')).body.experiments as readonly object[];
    expect(listed).toHaveLength(1);
    expect(listed[0]).toMatchObject({ id: body.id, state: 'completed' });
    expect(listed[0]).not.toHaveProperty('rows');
  });

  it("reproduce the seed's two tables", async () => {
    const gateway = await gatewayWith();
    const path = await queued(gateway, { preset: 'seed-tables' });
    await completed(gateway, path);
    const csv = await gateway.call('GET', `${path}/results.csv?layout=times`);
    const [head, ...lines] = String(csv.body.text).trimEnd().split('\n');
    expect(head).toBe(
      'byzantine_nodes,total_nodes,pbft_offline_s,ccro_offline_s,pbft_malicious_s,' +
        'ccro_malicious_s,seed_offline,seed_malicious',
    );
    expect(lines.map((line) => line.split(',').slice(0, 6).join(','))).toEqual(
      [1, 5, 10, 15, 20, 25, 30].map((f) => {
        const n = 3 * f + 1;
        return [f, n, ...Array<string>(4).fill((n / 1000).toFixed(6))].join(',');
      }),
    );
  });

  it('are cancelled, and keep what they have', async () => {
    const measurer = new ScriptedMeasurer();
    measurer.stuckAt = 7;
    const gateway = await gatewayWith(measurer);
    const path = await queued(gateway, { nodes: [4, 7], mode: 'ccro' });
    await vi.waitFor(() => expect(measurer.begun).toHaveLength(2), { timeout: PATIENCE_MS });
    const cancelled = await gateway.call('DELETE', path);
    expect(cancelled).toMatchObject({ status: 200, body: { state: 'cancelled' } });
    expect(cancelled.body.rows).toHaveLength(1);
    expect((await gateway.call('DELETE', path)).body).toEqual(cancelled.body);
  });

  it('are refused with the field and what is allowed', async () => {
    const { call } = await gatewayWith();
    const many = Array.from({ length: 60 }, (_, f) => f + 1);
    for (const [json, field, message] of [
      [{}, 'nodes', 'Give one of'],
      [{ nodes: 4, byzantine: 1 }, 'byzantine', 'Give one of'],
      [{ nodes: 302 }, 'nodes', '301'],
      [{ nodes: [] }, 'nodes', '1'],
      [{ nodes: 'four' }, 'nodes', 'from 4 to 301'],
      [{ nodes: 4, mode: 'raft' }, 'mode', 'pbft, ccro'],
      [{ nodes: 4, fault: ['offline', 'lazy'] }, 'fault', 'falsify'],
      [{ nodes: 4, rounds: 0 }, 'rounds', '1'],
      [{ nodes: 4, payloadBytes: 1e9 }, 'payloadBytes', '65536'],
      [{ preset: 'seed-tables', fault: 'none' }, 'fault', 'preset'],
      [{ byzantine: many, fault: ['offline', 'delay'] }, 'nodes', '240 cells'],
    ] as const) {
      const answer = await call('POST', '/experiments', { json });
      expectProblem(answer, 400, 'invalid-request');
      expect(answer.body.detail).toMatch(new RegExp(`^${field}[.0-9]*: .*${message}`));
    }
  });

  it('are nowhere under other names', async () => {
    const { call } = await gatewayWith();
    for (const path of [
      '/experiments/1',
      '/experiments/meta/results.csv',
      '/experiments/x/time.svg',
    ]) {
      expectProblem(await call('GET', path), 404, 'not-found');
    }
    expectProblem(await call('DELETE', '/experiments/1'), 404, 'not-found');
  });
});
