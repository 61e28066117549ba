import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Proven, Verdict } from '@ccro/receipt';
import { describe, expect, it, onTestFinished } from 'vitest';
import { aLedger, append } from '../checks/call.testkit.js';
import { operationOf } from '../workload/question.js';
import { readReceipts } from './gateway-audit.js';

const LEDGER = aLedger(...[1, 2, 3].map((timestamp) => [[timestamp, append('x')]] as const));
const holding = (...slots: readonly number[]): ReadonlyMap<number, string> =>
  new Map(slots.map((slot) => [slot, `digest ${slot}`]));

/** A gateway whose receipts are what was asked for, and that has none of slot 3. */
async function gateway(): Promise<string> {
  const server = createServer(({ url = '' }, response) => {
    response.writeHead(url.endsWith('=3') ? 409 : 200, { connection: 'close' });
    response.end(url);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A verdict as of a receipt of slot `sequence`. */
function proven(sequence: number, timestamp: number): Verdict {
  const receipt = {
    request: { client: 'c', timestamp, operation: operationOf(append('x')) },
    certificate: { sequence, digest: `digest ${sequence}` },
  };
  return { holds: true, receipt } as Proven;
}

/** Reads what is asked for from what the gateway answered. */
function asked(bytes: Uint8Array): { readonly sequence: number; readonly timestamp: number } {
  const url = new TextDecoder().decode(bytes);
  const [, timestamp, sequence] = /c-(\d+)\/receipt\?sequence=(\d+)/.exec(url) ?? [];
  return { sequence: Number(sequence), timestamp: Number(timestamp) };
}

describe('receipts', () => {
  it('are asked for where enough nodes can sign them, and hold', async () => {
    const verify = (bytes: Uint8Array): Verdict => {
      const { sequence, timestamp } = asked(bytes);
      return proven(sequence, timestamp);
    };
    const source = { gatewayUrl: await gateway(), witnesses: 2, verify };
    const read = await readReceipts(source, LEDGER, [holding(1, 2, 3), holding(1, 2)]);
    expect(read).toEqual({ asked: 2, wrong: [] });
  });

  it('are wrong when there are none, when they do not hold, or prove something else', async () => {
    const gatewayUrl = await gateway();
    const wrong = async (verify: (bytes: Uint8Array) => Verdict): Promise<readonly string[]> => {
      const source = { gatewayUrl, witnesses: 1, verify };
      return (await readReceipts(source, LEDGER, [holding(1, 3)])).wrong;
    };
    const missing = 'c-3 in slot 3: HTTP 409: /requests/c-3/receipt?sequence=3';
    expect(await wrong(() => proven(2, 1))).toEqual([
      'c-1 in slot 1: it is of slot 2, digest 2',
      missing,
    ]);
    expect(await wrong(() => proven(1, 2))).toEqual([
      'c-1 in slot 1: it is of c-2, not of c-1',
      missing,
    ]);
    const refusal = { holds: false, code: 'malformed', reason: 'no' } as unknown as Verdict;
    expect(await wrong(() => refusal)).toEqual(['c-1 in slot 1: refused as malformed', missing]);
  });
});
