import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { decisionTraffic } from './decision-traffic.js';

/** A node that says this of the traffic of any slot. */
async function nodeSaying(
  id: number,
  body: string,
): Promise<{ id: number; url: string; close(): Promise<void> }> {
  const server = createServer((_, response) => {
    response.writeHead(200, { connection: 'close' });
    response.end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  return { id, url: `http://127.0.0.1:${port}`, close: () => Promise.resolve() };
}

it('H13: leaves out nodes that say nothing of it yet, and is a number all the same', async () => {
  const counted = JSON.stringify({ published: 2, deliveries: 5, deliveredBytes: 700 });
  const nodes = await Promise.all([
    nodeSaying(0, counted),
    nodeSaying(1, '{}'),
    nodeSaying(2, '{"published":1}'),
    nodeSaying(3, ''),
  ]);
  const gone = { id: 4, url: 'http://127.0.0.1:1', close: () => Promise.resolve() };
  expect(await decisionTraffic([...nodes, gone], 7)).toEqual({
    published: 2,
    deliveries: 5,
    deliveredBytes: 700,
  });
});
