/**
 * Results of a slot, stored apart from its decision: they may be many times as long, and those who
 * read decisions do not want them. A page holds some that follow each other.
 *
 * Invariant kept here (bounded reading): one result is found by reading its page alone.
 */

import type {
  ClientId,
  Decision,
  Request,
  RequestResult,
  StoredDecision,
  Timestamp,
} from '@ccro/consensus';
import type { DecisionValue } from './entries.js';

/** Characters of results in one page, unless one alone is longer. */
const MAX_PAGE_CHARACTERS = 128 * 1024;

interface ResultPage {
  /** Where in the batch the request of its first result is. */
  readonly position: number;
  readonly results: readonly RequestResult[];
}

/** What a request came to, and the decision that it is in. */
export interface StoredResult {
  readonly decision: Decision;
  readonly result: RequestResult;
  /** Results of other requests of its client that were read with it. */
  readonly rest: readonly RequestResult[];
}

/** @param results of some of the requests, in the same order */
export function pagesOf(
  requests: readonly Request[],
  results: readonly RequestResult[],
): ResultPage[] {
  const pages: { position: number; results: RequestResult[] }[] = [];
  let characters = 0;
  let next = 0;
  for (const result of results) {
    const position = positionOf(result, requests, next);
    next = position + 1;
    characters += result.result.length;
    const page = pages.at(-1);
    if (page !== undefined && characters <= MAX_PAGE_CHARACTERS) {
      page.results.push(result);
      continue;
    }
    pages.push({ position, results: [result] });
    characters = result.result.length;
  }
  return pages;
}

/** A slot's decision as it was stored, without what says where its results are. */
export function storedDecision({ decision, ledgerHead }: DecisionValue): StoredDecision {
  return { decision, ledgerHead };
}

/** Reads one of a slot's pages. */
type ReadPage = (position: number) => Promise<readonly RequestResult[]>;

/** The result of a client's request in a decided slot; undefined when there is none. */
export async function findResult(
  { decision, pages, results }: DecisionValue,
  client: ClientId,
  timestamp: Timestamp,
  read: ReadPage,
): Promise<StoredResult | undefined> {
  const place = decision.requests.findIndex(
    (each) => each.client === client && each.timestamp === timestamp,
  );
  const digest = decision.requests[place]?.digest;
  if (digest === undefined) return undefined;
  const page = pages?.findLast((position) => position <= place);
  const among = page === undefined ? results : await read(page);
  const result = among?.find(({ request }) => request === digest);
  if (among === undefined || result === undefined) return undefined;
  const own = decision.requests.filter((each) => each.client === client);
  const digests = new Set(own.map((each) => each.digest));
  const rest = among.filter((each) => each !== result && digests.has(each.request));
  return { decision, result, rest };
}

function positionOf(
  { request }: RequestResult,
  requests: readonly Request[],
  from: number,
): number {
  let position = from;
  while (position < requests.length && requests[position]?.digest !== request) position += 1;
  return position < requests.length ? position : from;
}
