import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it, onTestFinished, vi } from 'vitest';
import { History } from './history.js';
import { Workload } from './workload.js';

const PULSES_ONLY = { seed: 's', keys: 1, keyClients: 0, submitters: 0, pulseMs: 20 } as const;

/** A gateway that accepts each request, is late with its answer, and tells it when asked again. */
async function lateGateway(): Promise<string> {
  let accepted = 0;
  const server = createServer(({ method, url = '' }, response) => {
    accepted += method === 'POST' ? 1 : 0;
    const id = method === 'POST' ? `g-${accepted}` : (url.split('/').at(-1) ?? '');
    const result = { index: 1, hash: 'h' };
    const decided = { id, sequence: 1, result, status: 'decided' };
    response.writeHead(method === 'POST' ? 504 : 200, { connection: 'close' });
    response.end(JSON.stringify(method === 'POST' ? { id } : decided));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

it('asks during the run what became of what was accepted, before a gateway forgets it', async () => {
  const url = await lateGateway();
  const history = new History(() => performance.now());
  const workload = new Workload({ ...PULSES_ONLY, thinkMs: [1, 1] }, history, () => [url]);
  workload.start();
  onTestFinished(() => workload.stop(0));
  await vi.waitFor(
    () => {
      const [first] = history.calls;
      expect(first).toMatchObject({ isBelated: true, decided: { id: 'g-1' } });
    },
    { timeout: 8_000 },
  );
});
