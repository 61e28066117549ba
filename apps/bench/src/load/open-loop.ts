/** So many calls in a second, whatever becomes of them, as long as a connection is free. */

import { pause, Quit } from '@ccro/clock';
import { randomUUID } from 'node:crypto';
import { Agent, request, type RequestOptions } from 'node:http';
import { OPERATION_BYTES, valueOf } from '@ccro/measurement';

/** How often what is due is sent. */
const TICK_MS = 4;
/**
 * A call that finds none free is not made: it would wait here, before the gateway knows of it, and
 * measure this program instead.
 */
const MAX_CONNECTIONS = 1_000;
/** Any call that costs the gateway nothing. */
const CONNECTING_PATH = '/health/live';
const CALL_TIMEOUT_MS = 30_000;

export interface OpenLoopPlan {
  readonly url: string;
  readonly callsPerSecond: number;
  readonly durationMs: number;
  /**
   * One call in so many does not wait for its decision (`Prefer: respond-async`). It has an
   * `Idempotency-Key`, whose answer the gateway keeps for as long as a caller may ask.
   */
  readonly asyncEvery: number;
}

/** What a call was answered with. */
export interface CallAnswer {
  /** 0: no answer came. */
  readonly status: number;
  readonly body: string;
  readonly tookMs: number;
}

/**
 * Makes `POST /requests` calls, and resolves when all of them are answered. All connections are
 * there before: Node accepts one in each turn of its event loop, so that in an overload the last
 * of a thousand new callers would wait for seconds before the gateway knows of them.
 *
 * @returns how many calls were made
 * @throws Quit when `quit` aborts
 */
export async function openLoop(
  { url, callsPerSecond, durationMs, asyncEvery }: OpenLoopPlan,
  onAnswer: (answer: CallAnswer) => void,
  quit: AbortSignal,
): Promise<number> {
  const agent = new Agent({
    keepAlive: true,
    maxSockets: MAX_CONNECTIONS,
    maxFreeSockets: MAX_CONNECTIONS,
  });
  const body = JSON.stringify({ data: valueOf(OPERATION_BYTES) });
  const open = new Set<Promise<void>>();
  let due = 0;
  let made = 0;
  try {
    await connect(url, agent);
    const startedMs = performance.now();
    for (let elapsedMs = 0; elapsedMs < durationMs; elapsedMs = performance.now() - startedMs) {
      if (quit.aborted) throw new Quit();
      for (; due < (elapsedMs / 1000) * callsPerSecond; due += 1) {
        if (open.size >= MAX_CONNECTIONS) continue;
        const isAsync = made % asyncEvery === 0;
        const call = post(url, agent, body, isAsync).then(onAnswer);
        open.add(call);
        void call.finally(() => open.delete(call));
        made += 1;
      }
      await pause(TICK_MS, quit);
    }
    await Promise.all(open);
  } finally {
    agent.destroy();
  }
  if (quit.aborted) throw new Quit();
  return made;
}

/** Calls at the same time have a connection each. */
async function connect(url: string, agent: Agent): Promise<void> {
  const call = (): Promise<CallAnswer> => answerTo(`${url}${CONNECTING_PATH}`, { agent });
  await Promise.all(Array.from({ length: MAX_CONNECTIONS }, call));
}

function post(url: string, agent: Agent, body: string, isAsync: boolean): Promise<CallAnswer> {
  const headers = {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    ...(isAsync ? { prefer: 'respond-async', 'idempotency-key': randomUUID() } : {}),
  };
  return answerTo(`${url}/requests`, { method: 'POST', agent, headers }, body);
}

/** Never rejects. */
function answerTo(url: string, options: RequestOptions, body?: string): Promise<CallAnswer> {
  const startedMs = performance.now();
  return new Promise((resolve) => {
    const end = (status: number, text: string): void =>
      resolve({ status, body: text, tookMs: performance.now() - startedMs });
    const call = request(url, { ...options, timeout: CALL_TIMEOUT_MS });
    call.on('response', (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => (text += chunk));
      response.on('end', () => end(response.statusCode ?? 0, text));
      response.on('error', () => end(0, text));
    });
    call.on('timeout', () => call.destroy());
    call.on('error', () => end(0, ''));
    call.end(body);
  });
}
