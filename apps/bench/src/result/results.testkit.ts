/** Results as a run makes them, for specs. */

import type { Results } from './results.js';

export const SAMPLE_RESULTS: Results = {
  command: 'npm run bench -- scale',
  commit: 'abc123',
  startedAt: '2026-01-02T03:04:05.000Z',
  durationMs: 61_000,
  quick: false,
  machine: {
    processor: 'A, fast',
    cores: 2,
    memoryBytes: 8e9,
    system: 'linux x64',
    node: '20.19.0',
    redis: '7.0.15',
    loadBefore: 0.5,
  },
  yardstick: { redisRoundTrip: 200, signature: 25, signatureCheck: 50, diskSync: 1000 },
  scenarios: [
    {
      name: 'scale',
      title: 'Scale',
      columns: [
        { key: 'mode', title: 'mode', unit: 'text' },
        { key: 'n', title: 'n', unit: 'count', label: true },
        { key: 'time', title: 'time', unit: 'ms', against: 'redisRoundTrip' },
        { key: 'rate', title: 'rate', unit: 'per second' },
        { key: 'oneRound', title: 'one round', unit: 'percent' },
      ],
      rows: [
        { mode: 'ccro', n: 4, time: 3, rate: 5000, oneRound: 100 },
        { mode: 'pbft, "all"', n: 7, time: 4.123, rate: 2500, oneRound: null },
      ],
      notes: ['a note'],
      verdicts: [
        { what: 'time', measured: 3, sense: 'at most', limit: 3.2, unit: 'ms', met: true },
        { what: 'rate', measured: 9, sense: 'at least', limit: 10, unit: 'per second', met: false },
      ],
      charts: ['scale.svg'],
    },
  ],
};
