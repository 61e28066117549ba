/** What the gateway answered, checked against executing the ledger once more, here. */

import { appendOperation, createStateMachine, type JsonValue } from '@ccro/state-machine';
import { expect } from 'vitest';
import type { DecidedAnswer, LedgerEntry } from '../../gateway-api.js';

/** What the ledger makes of one request. */
export interface Replayed {
  readonly operation: string;
  readonly sequence: number;
  readonly digest: string;
  readonly result: unknown;
}

const PAGE = 100;

/** Every decided slot, from the first one on. */
export async function wholeLedger(gatewayUrl: string): Promise<LedgerEntry[]> {
  const entries: LedgerEntry[] = [];
  for (;;) {
    const response = await fetch(`${gatewayUrl}/ledger?from=${entries.length + 1}&limit=${PAGE}`);
    expect(response.status).toBe(200);
    const { decisions } = (await response.json()) as { readonly decisions: LedgerEntry[] };
    if (decisions.length === 0) return entries;
    entries.push(...decisions);
  }
}

/** Executes the ledger on a state machine of our own: outcomes by request id, in their order. */
export async function replay(gatewayUrl: string): Promise<Map<string, Replayed>> {
  const outcomes = new Map<string, Replayed>();
  const stateMachine = createStateMachine();
  for (const { sequence, digest, requests } of await wholeLedger(gatewayUrl)) {
    for (const { client, timestamp, operation } of requests) {
      const id = `${client}-${timestamp}`;
      // A request that was ordered again executes no second time.
      if (outcomes.has(id)) continue;
      const result: unknown = JSON.parse(
        stateMachine.execute(operation, { client, timestamp, sequence }),
      );
      outcomes.set(id, { operation, sequence, digest, result });
    }
  }
  return outcomes;
}

/**
 * Expects that each of `data` was decided as the request of the answer at its index, that nothing
 * else was decided, and that every answer is what executing the ledger gives.
 */
export async function expectDecidedRight(
  gatewayUrl: string,
  data: readonly JsonValue[],
  answers: readonly DecidedAnswer[],
): Promise<void> {
  const replayed = await replay(gatewayUrl);
  const expected = answers.map(({ id, sequence, digest, result }, index) => [
    id,
    { operation: appendOperation(data[index] ?? null), sequence, digest, result },
  ]);
  expect(Object.fromEntries(replayed)).toEqual(Object.fromEntries(expected));
}
