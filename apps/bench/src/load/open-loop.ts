/** So many calls in a second, whatever becomes of them, as long as a connection is free. */

import { pause, Quit } from '@ccro/process-cluster';
import { randomUUID } from 'node:crypto';
import { Agent, request } from 'node:http';
import { benchData } from './bench-operation.js';

/** How often what is due is sent. */
const TICK_MS = 4;
/**
 * A call that finds none free is not made: it would wait here, before the gateway knows of it, and
 * measure this program instead.
 */
const MAX_CONNECTIONS = 1_000;
const CALL_TIMEOUT_MS = 30_000;

export interface OpenLoopPlan {
  readonly url: string;
  readonly callsPerSecond: number;
  readonly durationMs: number;
  /**
   * Every so manieth call would rather not wait (`Prefer: respond-async`). It has an
   * `Idempotency-Key`, whose answer the gateway keeps for as long as anybody may ask.
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
 * Makes `POST /requests` calls, and resolves when all of them are answered.
 *
 * @returns how many calls were made
 * @throws Quit when `quit` aborts
 */
export async function openLoop(
  { url, callsPerSecond, durationMs, asyncEvery }: OpenLoopPlan,
  onAnswer: (answer: CallAnswer) => void,
  quit: AbortSignal,
): Promise<number> {
  const agent = new Agent({ keepAlive: true, maxSockets: MAX_CONNECTIONS });
  const body = JSON.stringify({ data: benchData() });
  const open = new Set<Promise<void>>();
  const startedMs = performance.now();
  let due = 0;
  let made = 0;
  try {
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

/** Never rejects. */
function post(url: string, agent: Agent, body: string, isAsync: boolean): Promise<CallAnswer> {
  const startedMs = performance.now();
  return new Promise((resolve) => {
    const end = (status: number, text: string): void =>
      resolve({ status, body: text, tookMs: performance.now() - startedMs });
    const call = request(`${url}/requests`, {
      method: 'POST',
      agent,
      timeout: CALL_TIMEOUT_MS,
      headers: {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
        ...(isAsync ? { prefer: 'respond-async', 'idempotency-key': randomUUID() } : {}),
      },
    });
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
