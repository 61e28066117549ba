/** What the machine itself takes; everything else is given as multiples of it. */

import { outcome, type Scenario } from './scenario.js';

export const yardstickScenario: Scenario = async ({ yardstick }) =>
  outcome({
    name: 'yardstick',
    title: 'Yardstick: what this machine itself takes',
    columns: [
      { key: 'what', title: 'what', unit: 'text' },
      { key: 'median', title: 'each', unit: 'µs' },
      { key: 'rate', title: 'in a second', unit: 'per second' },
    ],
    rows: [
      row('Redis pub/sub, to another process and back', yardstick.redisRoundTrip),
      row('Ed25519 signature made', yardstick.signature),
      row('Ed25519 signature checked', yardstick.signatureCheck),
      row('200 bytes appended and on the disk', yardstick.diskSync),
    ],
  });

function row(what: string, median: number): { what: string; median: number; rate: number } {
  return { what, median, rate: 1_000_000 / median };
}
