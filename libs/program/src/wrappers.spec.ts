import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { endOnceNot, isWhole, wrapperChain } from './wrappers.js';

const PROCESSES: Record<number, { command: string; parent: number }> = {
  10: { command: '/usr/bin/bash -l ', parent: 1 },
  20: { command: 'npm exec nest start node', parent: 10 },
  21: { command: 'sh -c nest start node', parent: 20 },
  22: { command: 'node /app/node_modules/.bin/nest start node', parent: 21 },
  30: { command: 'node /app/node_modules/@nestjs/cli/bin/nest.js start gateway', parent: 10 },
  31: { command: '/bin/sh -c /usr/bin/node --x "/app/dist/apps/node/src/start"', parent: 30 },
  32: { command: '/usr/bin/node --x /app/dist/apps/node/src/start', parent: 31 },
  40: { command: '/sbin/docker-init -- node dist/programs/node.js', parent: 1 },
};

const lookup = (pid: number) => PROCESSES[pid];

describe('the wrappers that a program was started through', () => {
  it('H5: are npx, its shell and the CLI, not the shell that they were typed into', () => {
    expect(wrapperChain(22, lookup)).toEqual([22, 21, 20]);
    expect(wrapperChain(30, lookup)).toEqual([30]);
    expect(wrapperChain(31, lookup)).toEqual([31, 30]);
    expect(wrapperChain(32, lookup)).toEqual([32, 31, 30]);
  });

  it('H5, sibling: are none where a shell or a supervisor started it, which it may outlive', () => {
    expect(wrapperChain(10, lookup)).toEqual([]);
    expect(wrapperChain(40, lookup)).toEqual([]);
    expect(wrapperChain(1, lookup)).toEqual([]);
  });

  it('H5: one that ended breaks the chain, be it the first or the last', () => {
    const chain = [22, 21, 20];
    expect(isWhole(chain, lookup)).toBe(true);
    expect(isWhole(chain, (pid) => (pid === 21 ? undefined : PROCESSES[pid]))).toBe(false);
    const adopted = { ...PROCESSES, 21: { command: 'sh -c nest start node', parent: 1 } };
    expect(isWhole(chain, (pid) => (adopted as typeof PROCESSES)[pid])).toBe(false);
  });

  it('F3, sibling: one that ended is said once: a second signal would allow no orderly end', () => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    let alive = true;
    const end = vi.fn<() => void>();
    endOnceNot(() => alive, end);
    vi.advanceTimersByTime(5_000);
    expect(end).not.toHaveBeenCalled();
    alive = false;
    vi.advanceTimersByTime(10_000);
    expect(end).toHaveBeenCalledOnce();
  });
});
