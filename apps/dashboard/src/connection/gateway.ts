import type { CellFault, Comparison } from '@ccro/experiment';
import type { DecidedEvent } from '@ccro/telemetry';
import { fetchWithKey } from './key.js';

/** The gateway's answer to a submitted request, as far as it is shown. */
export interface Decided {
  readonly view: number;
  readonly sequence: number;
  readonly consensusTimeMs: number;
  readonly replies: { readonly matching: number; readonly required: number };
  readonly nodes: DecidedEvent['nodes'];
}

/** A decided batch as the gateway shows it, checked by the gateway. */
export interface LedgerEntry {
  readonly sequence: number;
  readonly view: number;
  readonly digest: string;
  readonly requests: readonly {
    readonly client: string;
    readonly timestamp: number;
    /** JSON text, as the client signed it. */
    readonly operation: string;
  }[];
  readonly certificate: {
    readonly phase: 'prepare' | 'commit';
    readonly proof: { readonly scheme: string; readonly signers: readonly number[] };
  };
}

/** What the gateway knows of the cluster, as far as it is shown. */
interface ClusterStatus {
  readonly n: number;
  /** What f + 1 nodes have executed. */
  readonly lastExecuted: number;
}

/** What was wrong, in the gateway's words. */
export class GatewayProblem extends Error {}

/** Has the cluster decide on the data of a JSON text. @throws GatewayProblem */
export async function submitData(json: string): Promise<Decided> {
  return (await call('POST', '/requests', `{"data":${json}}`)) as Decided;
}

/** Where a request of this gateway is, as far as it is shown. */
type FoundRequest =
  | {
      readonly id: string;
      readonly status: 'decided';
      readonly sequence: number;
      readonly result: unknown;
    }
  | { readonly id: string; readonly status: 'pending' | 'failed' };

/** @throws GatewayProblem when the gateway knows of none */
export async function requestById(id: string): Promise<FoundRequest> {
  return (await call('GET', `/requests/${encodeURIComponent(id)}`)) as FoundRequest;
}

/** @throws GatewayProblem */
export async function clusterStatus(): Promise<ClusterStatus> {
  return (await call('GET', '/status')) as ClusterStatus;
}

/** Decisions from slot `from` on, ascending, `limit` at most. @throws GatewayProblem */
export async function ledgerFrom(from: number, limit: number): Promise<readonly LedgerEntry[]> {
  const answer = await call('GET', `/ledger?from=${from}&limit=${limit}`);
  return (answer as { readonly decisions: readonly LedgerEntry[] }).decisions;
}

/** What is to be compared. */
export interface ComparisonQuestion {
  /** JSON text. */
  readonly json: string;
  readonly nodes: number;
  readonly fault: CellFault;
}

/** The same data decided on under PBFT and under CCRO. @throws GatewayProblem */
export async function compareModes(question: ComparisonQuestion): Promise<Comparison> {
  const { json, ...rest } = question;
  const text = `{"data":${json},${JSON.stringify(rest).slice(1)}`;
  return (await call('POST', '/comparison', text)) as Comparison;
}

/** Makes a node misbehave, or behave again with `undefined`. @throws GatewayProblem */
export async function setFault(node: number, kind: string | undefined): Promise<void> {
  const path = `/nodes/${node}/fault`;
  await (kind === undefined ? call('DELETE', path) : call('PUT', path, JSON.stringify({ kind })));
}

/**
 * The receipt of a request, in its one spelling.
 *
 * @param sequence where it was decided; needed when the gateway did not submit it
 * @throws GatewayProblem
 */
export function receiptText(request: string, sequence?: string | number): Promise<string> {
  const where = sequence === undefined ? '' : `?sequence=${sequence}`;
  return textAt(`/requests/${encodeURIComponent(request)}/receipt${where}`);
}

/** What the gateway answers to GET, as text. @throws GatewayProblem */
export async function textAt(path: string): Promise<string> {
  return (await send('GET', path)).text();
}

/** @param body JSON text. @returns the answer's JSON. @throws GatewayProblem */
export async function call(method: string, path: string, body?: string): Promise<unknown> {
  return (await (await send(method, path, body)).json()) as unknown;
}

/** @throws GatewayProblem unless the gateway answers that all is well */
async function send(method: string, path: string, body?: string): Promise<Response> {
  const init: RequestInit =
    body === undefined
      ? { method }
      : { method, body, headers: { 'content-type': 'application/json' } };
  let response: Response;
  try {
    response = await fetchWithKey(path, init);
  } catch {
    throw new GatewayProblem('The gateway cannot be reached. Try again when it is back.');
  }
  if (response.ok) return response;
  const problem = (await response.json().catch(() => ({}))) as Record<string, unknown>;
  const text = [problem['title'], problem['detail']].filter((part) => typeof part === 'string');
  throw new GatewayProblem(text.join(': ') || `The gateway answered ${response.status}.`);
}
