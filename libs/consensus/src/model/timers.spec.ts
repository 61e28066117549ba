import { describe, expect, it } from 'vitest';
import { type TimerKey, timerName } from './timers.js';

describe('names of timers', () => {
  it.each<[string, TimerKey]>([
    ['certificate:2:7:commit', { kind: 'certificate', view: 2, sequence: 7, phase: 'commit' }],
    ['stragglers:2:7', { kind: 'stragglers', view: 2, sequence: 7 }],
    ['fetch:7:d', { kind: 'fetch', sequence: 7, digest: 'd' }],
    ['status', { kind: 'status' }],
    ['checkpoint:128', { kind: 'checkpoint', sequence: 128, attempt: 3 }],
    ['fetch-view-changes:3', { kind: 'fetch-view-changes', replica: 3, attempt: 2 }],
    ['transfer', { kind: 'transfer', attempt: 2 }],
    ['request', { kind: 'request', view: 2 }],
    ['new-view', { kind: 'new-view', view: 2 }],
    ['view-change', { kind: 'view-change', view: 2, attempt: 1 }],
  ])('are the same for what replaces each other: %s', (name, timer) => {
    expect(timerName(timer)).toBe(name);
  });
});
