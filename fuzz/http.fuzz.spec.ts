/**
 * Whatever is sent to a gateway's port: it goes on, every refusal is problem+json and none its own
 * fault, and what it keeps in memory stays bounded.
 */

import { connect } from 'node:net';
import { afterAll, describe, expect, it } from 'vitest';
import { closeStarted, startedGateway } from '../apps/gateway/test/started-gateway.js';
import { sentBytes, type SentBytes } from './arbitrary-http.testkit.js';
import { fuzz, fuzzTimeoutMs } from './fuzz.testkit.js';

/** An answer that goes on for longer is a stream of events, or of another caller's. */
const PATIENCE_MS = 2_000;
const MAX_GROWTH_BYTES = 256 * 1024 * 1024;

afterAll(closeStarted);

/** Sends bytes on a connection of their own and says no more. @returns what comes back */
function answersTo(url: string, { pieces }: SentBytes): Promise<string> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve) => {
    let answer = '';
    const socket = connect({ host: hostname, port: Number(port), noDelay: true }, () => {
      for (const piece of pieces) socket.write(piece);
      socket.end();
    });
    const end = (): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(answer);
    };
    const timer = setTimeout(end, PATIENCE_MS);
    socket.on('data', (chunk) => {
      answer += chunk.toString('latin1');
      if (answer.includes('text/event-stream')) end();
    });
    socket.on('error', end);
    socket.on('close', end);
  });
}

describe('fuzz: a gateway’s port', () => {
  it(
    'B5: whatever is sent, it goes on, and every refusal is problem+json',
    async () => {
      const { gateway } = await startedGateway({ experiments: false, requestTimeoutMs: 200 });
      const heapBefore = process.memoryUsage().heapUsed;
      const runs = await fuzz(sentBytes, async (sent) => {
        const answer = await answersTo(gateway.url, sent);
        const statuses = [...answer.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) =>
          Number(status),
        );
        expect(statuses.filter((status) => status === 500)).toEqual([]);
        const problems = answer.match(/content-type: application\/problem\+json/gi) ?? [];
        expect([answer, problems.length]).toEqual([
          answer,
          statuses.filter((status) => status >= 400).length,
        ]);
      });
      expect((await fetch(`${gateway.url}/health/live`)).status).toBe(200);
      expect(runs).toBeGreaterThan(10);
      expect(process.memoryUsage().heapUsed - heapBefore).toBeLessThan(MAX_GROWTH_BYTES);
    },
    fuzzTimeoutMs(),
  );
});
