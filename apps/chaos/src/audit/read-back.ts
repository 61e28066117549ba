/** Whether the gateways still show what nodes hold, also when most nodes have it no more. */

import { httpCall } from '../http/http-call.js';
import type { LedgerSlot } from './ledger-archive.js';
import type { NodeLedger } from './node-ledgers.js';

/** Slots that are asked for, those first that the fewest nodes hold. */
const SAMPLES = 60;
const ANSWER_TIMEOUT_MS = 10_000;

/** A slot that some node holds and the gateway does not show as it was. */
export interface Unreadable {
  readonly sequence: number;
  readonly holders: readonly number[];
  /** What `GET /ledger/:sequence` answered. */
  readonly answer: string;
}

export interface ReadBack {
  readonly asked: number;
  readonly unreadable: readonly Unreadable[];
}

/** @param gatewayUrl base URL of a gateway that runs */
export async function readBack(
  gatewayUrl: string,
  ledger: readonly LedgerSlot[],
  nodeLedgers: readonly NodeLedger[],
): Promise<ReadBack> {
  const samples = rarest(ledger, nodeLedgers);
  const unreadable: Unreadable[] = [];
  for (const { slot, holders } of samples) {
    const { sequence, digest } = slot;
    const answer = await answerFor(gatewayUrl, sequence);
    if (answer !== `200 ${digest}`) unreadable.push({ sequence, holders, answer });
  }
  return { asked: samples.length, unreadable };
}

/** Slots that any node holds, those of the fewest holders first, spread over the ledger. */
function rarest(
  ledger: readonly LedgerSlot[],
  nodeLedgers: readonly NodeLedger[],
): { readonly slot: LedgerSlot; readonly holders: readonly number[] }[] {
  const held = ledger
    .map((slot) => ({
      slot,
      holders: nodeLedgers.flatMap((each, id) => (each.has(slot.sequence) ? [id] : [])),
    }))
    .filter(({ holders }) => holders.length > 0);
  const fewest = Math.min(...held.map(({ holders }) => holders.length));
  const rare = held.filter(({ holders }) => holders.length === fewest);
  const step = Math.max(Math.floor(rare.length / SAMPLES), 1);
  return rare.filter((_, index) => index % step === 0).slice(0, SAMPLES);
}

async function answerFor(gatewayUrl: string, sequence: number): Promise<string> {
  const options = { timeoutMs: ANSWER_TIMEOUT_MS };
  const answer = await httpCall(gatewayUrl, 'GET', `/ledger/${sequence}`, options);
  if (answer.status === undefined) return answer.reason;
  const { status, body } = answer;
  return `${status} ${String(body[status === 200 ? 'digest' : 'detail'])}`;
}
