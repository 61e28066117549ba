/** Whether the receipts of what was decided hold, checked with nothing but the cluster's public keys. */

import type { Verdict } from '@ccro/receipt';
import type { LedgerRequest, LedgerSlot } from './ledger-archive.js';
import type { NodeLedger } from './node-ledgers.js';

/** Slots whose receipts are asked for, spread over the run. */
const SAMPLES = 60;
const ANSWER_TIMEOUT_MS = 10_000;

export interface Receipts {
  readonly asked: number;
  /** Each a request with what was wrong about its receipt. */
  readonly wrong: readonly string[];
}

export interface ReceiptSource {
  /** Base URL of a gateway that runs. */
  readonly gatewayUrl: string;
  /** f + 1: so many nodes must sign a result, hence hold its slot. */
  readonly witnesses: number;
  /** @param receipt as it was downloaded */
  readonly verify: (receipt: Uint8Array) => Verdict;
}

export async function readReceipts(
  { gatewayUrl, witnesses, verify }: ReceiptSource,
  ledger: readonly LedgerSlot[],
  nodeLedgers: readonly NodeLedger[],
): Promise<Receipts> {
  const wrong: string[] = [];
  const samples = sampled(ledger, nodeLedgers, witnesses);
  for (const { slot, request } of samples) {
    const receipt = await download(gatewayUrl, request.id, slot.sequence);
    const problem =
      typeof receipt === 'string' ? receipt : problemOf(verify(receipt), slot, request);
    if (problem !== undefined) wrong.push(`${request.id} in slot ${slot.sequence}: ${problem}`);
  }
  return { asked: samples.length, wrong };
}

interface Sample {
  readonly slot: LedgerSlot;
  readonly request: LedgerRequest;
}

/** The last request of slots that enough nodes hold. */
function sampled(
  ledger: readonly LedgerSlot[],
  nodeLedgers: readonly NodeLedger[],
  witnesses: number,
): readonly Sample[] {
  const provable = ledger.flatMap((slot) => {
    const holders = nodeLedgers.filter((each) => each.has(slot.sequence)).length;
    const request = slot.requests.at(-1);
    return request === undefined || holders < witnesses ? [] : [{ slot, request }];
  });
  const step = Math.max(Math.floor(provable.length / SAMPLES), 1);
  return provable.filter((_, index) => index % step === 0).slice(0, SAMPLES);
}

/** @returns its bytes, or what was answered instead */
async function download(
  gatewayUrl: string,
  id: string,
  sequence: number,
): Promise<Uint8Array | string> {
  const url = `${gatewayUrl}/requests/${encodeURIComponent(id)}/receipt?sequence=${sequence}`;
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS) });
    if (response.status === 200) return new Uint8Array(await response.arrayBuffer());
    return `HTTP ${response.status}: ${(await response.text()).slice(0, 300)}`;
  } catch (error) {
    return `no answer: ${String(error)}`;
  }
}

/** Undefined when it holds and is of this request in this slot. */
function problemOf(
  verdict: Verdict,
  { sequence, digest }: LedgerSlot,
  { id, client, timestamp, operation }: LedgerRequest,
): string | undefined {
  if (!verdict.holds) return `refused as ${verdict.code}`;
  const { request, certificate } = verdict.receipt;
  if (certificate.sequence !== sequence || certificate.digest !== digest) {
    return `it is of slot ${certificate.sequence}, ${certificate.digest}`;
  }
  const isSame =
    request.client === client && request.timestamp === timestamp && request.operation === operation;
  return isSame ? undefined : `it is of ${request.client}-${request.timestamp}, not of ${id}`;
}
