import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { aLedger, append } from '../checks/call.testkit.js';
import { readBack } from './gateway-audit.js';

/** A gateway that shows these slots with these digests, and no others. */
async function gatewayWith(digests: Readonly<Record<number, string>>): Promise<string> {
  const server = createServer(({ url = '' }, response) => {
    const digest = digests[Number(url.split('/').at(-1))];
    response.writeHead(digest === undefined ? 404 : 200, { connection: 'close' });
    response.end(JSON.stringify(digest === undefined ? { detail: 'not here' } : { digest }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

it('asks for the slots of the fewest holders, and says which are not shown as they were', async () => {
  const ledger = aLedger(...[1, 2, 3, 4].map((timestamp) => [[timestamp, append('x')]] as const));
  const holding = (...slots: readonly number[]) =>
    new Map(slots.map((slot) => [slot, `digest ${slot}`]));
  const nodeLedgers = [holding(1, 2, 3, 4), holding(4)]; // nobody is asked for 4
  const url = await gatewayWith({ 1: 'digest 1', 2: 'another' });
  expect(await readBack(url, ledger, nodeLedgers)).toEqual({
    asked: 3,
    unreadable: [
      { sequence: 2, holders: [0], answer: '200 another' },
      { sequence: 3, holders: [0], answer: '404 not here' },
    ],
  });
});

it('asks for nothing that nobody holds', async () => {
  const url = await gatewayWith({});
  const ledger = aLedger([[1, append('x')]]);
  expect(await readBack(url, ledger, [new Map(), new Map()])).toEqual({ asked: 0, unreadable: [] });
});
