/** What the gateways show of what was decided, against what the nodes hold. */

import type { Verdict } from '@ccro/receipt';
import { httpCall } from '../http/http-call.js';
import type { LedgerRequest, LedgerSlot } from './ledger-archive.js';
import type { NodeLedger } from './node-ledgers.js';

/** Slots that are asked for at most. */
const SAMPLES = 60;
const ANSWER_TIMEOUT_MS = 10_000;

/** At most `SAMPLES` of them, spread over the list. */
function spread<T>(list: readonly T[]): T[] {
  const step = Math.max(Math.floor(list.length / SAMPLES), 1);
  return list.filter((_, index) => index % step === 0).slice(0, SAMPLES);
}

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

/**
 * Whether slots are shown although most nodes have them no more.
 *
 * @param gatewayUrl base URL of a gateway that runs
 */
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
  return spread(rare);
}

async function answerFor(gatewayUrl: string, sequence: number): Promise<string> {
  const options = { timeoutMs: ANSWER_TIMEOUT_MS };
  const answer = await httpCall(gatewayUrl, 'GET', `/ledger/${sequence}`, options);
  if (answer.status === undefined) return answer.reason;
  const { status, body } = answer;
  return `${status} ${String(body[status === 200 ? 'digest' : 'detail'])}`;
}

export interface Receipts {
  readonly asked: number;
  /** Each a request with what was wrong about its receipt. */
  readonly wrong: readonly string[];
}

export interface GatewayAudit {
  readonly readBack: ReadBack;
  readonly receipts: Receipts;
}

export interface ReceiptSource {
  /** Base URL of a gateway that runs. */
  readonly gatewayUrl: string;
  /** f + 1: so many nodes must sign a result, hence hold its slot. */
  readonly witnesses: number;
  /** @param receipt as it was downloaded */
  readonly verify: (receipt: Uint8Array) => Verdict;
}

/** Whether receipts hold, checked with nothing but the cluster's public keys. */
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

/** The last request of slots that enough nodes hold. */
function sampled(
  ledger: readonly LedgerSlot[],
  nodeLedgers: readonly NodeLedger[],
  witnesses: number,
): { readonly slot: LedgerSlot; readonly request: LedgerRequest }[] {
  const provable = ledger.flatMap((slot) => {
    const holders = nodeLedgers.filter((each) => each.has(slot.sequence)).length;
    const request = slot.requests.at(-1);
    return request === undefined || holders < witnesses ? [] : [{ slot, request }];
  });
  return spread(provable);
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
