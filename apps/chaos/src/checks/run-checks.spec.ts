import { expect, it } from 'vitest';
import { anIncident } from './call.testkit.js';
import { checkEffect } from './run-checks.js';

const SILENT = { kind: 'silent-redis', pick: 0 } as const;

it('finds faults of which nothing showed', () => {
  const seen = anIncident(SILENT, undefined, [0, 10]);
  const idle = { ...anIncident(SILENT, undefined, [20, 30]), number: 7, showed: undefined };
  expect(checkEffect([seen]).findings).toEqual([]);
  expect(checkEffect([seen, idle])).toMatchObject({
    summary: '1 of 2 were seen to',
    findings: ['nothing showed of incident 7 (silent-redis, connections to Redis gone silent)'],
  });
});
