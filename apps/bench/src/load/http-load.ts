/** Load on a gateway with autocannon. */

import { Quit } from '@ccro/clock';
import autocannon from 'autocannon';
import { OPERATION_BYTES, valueOf } from '@ccro/measurement';

const CALL_TIMEOUT_S = 30;

export interface HttpPlan {
  readonly url: string;
  /** In whole, so that what is under way last counts too. */
  readonly calls: number;
  readonly connections: number;
  /** Requests in one call: 1 for `POST /requests`, more for `POST /requests/batch`. */
  readonly batch: number;
}

export interface HttpFigures {
  /** Requests, not calls. */
  readonly perSecond: number;
  readonly requests: number;
  /** Of calls, in milliseconds; autocannon has no 95th percentile. */
  readonly p50: number;
  readonly p97: number;
  /** Calls that were answered with something else than decisions, or not at all. */
  readonly failed: number;
}

/** @throws Quit when `quit` aborts */
export async function httpLoad(plan: HttpPlan, quit: AbortSignal): Promise<HttpFigures> {
  const { url, calls, connections, batch } = plan;
  const one = { data: valueOf(OPERATION_BYTES) };
  const single = batch === 1;
  const body = single ? one : { requests: Array.from({ length: batch }, () => one) };
  const startedAt = performance.now();
  let lastAt = startedAt;
  const run = autocannon({
    url: `${url}/requests${single ? '' : '/batch'}`,
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
    connections,
    amount: calls,
    timeout: CALL_TIMEOUT_S,
    setupClient: (client) =>
      client.on('response', () => {
        lastAt = performance.now();
      }),
  });
  const onQuit = (): void => {
    (run as unknown as { stop(): void }).stop();
  };
  quit.addEventListener('abort', onQuit, { once: true });
  const result = await run;
  quit.removeEventListener('abort', onQuit);
  if (quit.aborted) throw new Quit();
  const requests = result['2xx'] * batch;
  return {
    // autocannon's own duration is in whole seconds.
    perSecond: (1000 * requests) / Math.max(lastAt - startedAt, 1),
    requests,
    p50: result.latency.p50,
    p97: result.latency.p97_5,
    failed: result.non2xx + result.errors,
  };
}
