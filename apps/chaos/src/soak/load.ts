/** Requests as fast as the cluster takes them, with back-pressure. */

import { appendOperation, putOperation } from '@ccro/state-machine';
import { httpCall } from '../http/http-call.js';
import { pause } from '@ccro/clock';
import { connectClient, type ProcessCluster } from '@ccro/process-cluster';

/** Requests in one call of the batch endpoint, and calls at a time. */
const BATCH = 100;
const BATCHES_AT_ONCE = 6;
/** Requests that the client library has under way at a time. */
const OUTSTANDING = 600;
const CALL_TIMEOUT_MS = 30_000;
const RETRY_DELAY_MS = 250;

/** Every so many requests one writes a key, of so many keys: the state is bounded. */
const WRITE_EVERY = 10;
const KEYS = 1_000;
const PADDING = 'x'.repeat(150);

/** What has become of the load so far. */
export interface LoadCount {
  handedIn: number;
  decided: number;
  /** Calls that were not answered with decisions, and sent again with other requests. */
  setbacks: number;
}

/** Through `POST /requests/batch` of the first gateway, until so many are decided or `quit` aborts. */
export async function loadThroughGateway(
  cluster: ProcessCluster,
  requests: number,
  count: LoadCount,
  quit: AbortSignal,
): Promise<void> {
  const submitter = async (): Promise<void> => {
    while (count.decided < requests && !quit.aborted) {
      const first = count.handedIn;
      count.handedIn += BATCH;
      const size = await submitBatch(cluster, first);
      count.decided += size;
      if (size > 0) continue;
      count.setbacks += 1;
      await pause(RETRY_DELAY_MS, quit);
    }
  };
  await Promise.all(Array.from({ length: BATCHES_AT_ONCE }, submitter));
}

/** @returns how many were decided: all or, as far as is known, none */
async function submitBatch(cluster: ProcessCluster, first: number): Promise<number> {
  const requests = Array.from({ length: BATCH }, (_, index) => {
    const operation: unknown = JSON.parse(operationFor(first + index));
    return { operation };
  });
  const options = { json: { requests }, timeoutMs: CALL_TIMEOUT_MS };
  const [url = ''] = cluster.gatewayUrls();
  const { status } = await httpCall(url, 'POST', '/requests/batch', options);
  return status === 200 ? BATCH : 0;
}

/** Through a client of the library in this process, until so many are decided or `quit` aborts. */
export async function loadThroughClient(
  cluster: ProcessCluster,
  requests: number,
  count: LoadCount,
  quit: AbortSignal,
): Promise<void> {
  const { client, close } = await connectClient(cluster, 'ccro:soak');
  // Callers that wait for a decision are told that the client was closed.
  quit.addEventListener('abort', () => client.close(), { once: true });
  const worker = async (): Promise<void> => {
    while (count.handedIn < requests && !quit.aborted) {
      count.handedIn += 1;
      await client.submit(operationFor(count.handedIn)).decided;
      count.decided += 1;
    }
  };
  try {
    await Promise.all(Array.from({ length: OUTSTANDING }, worker));
  } catch (error) {
    if (!quit.aborted) throw error;
  } finally {
    await close();
  }
}

/** About 200 bytes of operation. */
function operationFor(index: number): string {
  const value = `${index}/${PADDING}`;
  return index % WRITE_EVERY === 0
    ? putOperation(`key-${(index / WRITE_EVERY) % KEYS}`, value)
    : appendOperation(value);
}
