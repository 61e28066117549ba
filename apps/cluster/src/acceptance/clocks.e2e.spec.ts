/** Issue 13, acceptance: clocks that were wrong, and are put right. */

import { SteppedClock } from '@ccro/process-cluster';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryDirectory } from './support/files.contract.js';
import { call, decide } from './support/http.contract.js';
import { needsBuild, startProgram, type Program } from './support/programs.contract.js';

needsBuild();

const START = [
  'dist/programs/cluster.js',
  ...['--gateway-port', '0', '--node-port', '0', '--request-timeout', '30000'],
];
const DAY_MS = 86_400_000;
/** More than the replicas remember executed timestamps of one client. */
const BATCHES = 5;
const BATCH = 1024;
const TIMEOUT_MS = 180_000;

/** `npm start` on a machine whose clock is off. */
async function start(
  directory: string,
  offByMs: number,
): Promise<{ readonly program: Program; readonly url: string }> {
  const { nodeOption } = await SteppedClock.at(join(await temporaryDirectory(), 'clock'), offByMs);
  const environment = { NODE_OPTIONS: nodeOption };
  const program = startProgram([...START, '--data-dir', directory], environment);
  return { program, url: await program.says(/Gateway running on (http:\S+)/) };
}

describe('a clock that was wrong', () => {
  it(
    'E2: was a day ahead for more requests than are remembered: when it is right again all goes on',
    async () => {
      const directory = await temporaryDirectory();
      const ahead = await start(directory, DAY_MS);
      for (let batch = 0; batch < BATCHES; batch += 1) {
        const requests = Array.from({ length: BATCH }, (_, index) => ({ data: index }));
        const answer = await call(ahead.url, 'POST', '/requests/batch', { json: { requests } });
        expect(answer.status).toBe(200);
      }
      const { id: last } = await decide(ahead.url, 'ahead');
      await ahead.program.stop();

      const right = await start(directory, 0);
      const { id: first } = await decide(right.url, 'right');
      const timestampIn = (id: string): number => Number(id.split('-').at(-1));
      expect(timestampIn(last)).toBeGreaterThan((Date.now() + DAY_MS / 2) * 1000);
      expect(timestampIn(first)).toBeGreaterThan(timestampIn(last));
      await right.program.stop();

      const again = await start(directory, 0);
      const { id: second } = await decide(again.url, 'right again');
      expect(timestampIn(second)).toBeGreaterThan(timestampIn(first));
    },
    TIMEOUT_MS,
  );
});
