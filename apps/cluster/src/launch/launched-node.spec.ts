import type { NodeApp } from '@ccro/node-app';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { launchHere, NodeKeeping } from './launched-node.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

interface Started {
  readonly port: number | undefined;
  fail(error: unknown): void;
  readonly closed: () => boolean;
}

/** Four nodes in this process that do nothing but fail when they are told to. */
async function launch(keepsRecords: boolean) {
  const notices: string[] = [];
  const fatal: unknown[] = [];
  const keeping = new NodeKeeping(
    4,
    { onNotice: (line) => notices.push(line), onFatal: (error) => fatal.push(error) },
    () => false,
  );
  const started: Started[][] = [[], [], [], []];
  const nodes = [];
  for (const [id, runs] of started.entries()) {
    const start = (port: number | undefined, onFatal: (error: unknown) => void) => {
      let closed = false;
      runs.push({ port, fail: onFatal, closed: () => closed });
      const close = () => Promise.resolve(void (closed = true));
      return Promise.resolve({ id, url: `http://127.0.0.1:${7000 + id}`, close } as NodeApp);
    };
    nodes.push(await launchHere(id, keepsRecords, start, keeping));
  }
  return { nodes, started, notices, fatal };
}

describe('a node in this process that cannot go on', () => {
  it('F1, sibling: is closed and started again from its records, at its port; the others are left alone', async () => {
    const { started, notices, fatal } = await launch(true);
    started[2]?.[0]?.fail(Object.assign(new Error('the disk is full'), { name: 'StoreError' }));
    await vi.advanceTimersByTimeAsync(0);
    expect(started.map((runs) => runs.length)).toEqual([1, 1, 2, 1]);
    expect(started[2]?.[0]?.closed()).toBe(true);
    expect(started[2]?.[1]?.port).toBe(7002);
    expect(notices).toEqual([
      'node 2 ended (the disk is full). Starting it again.',
      'node 2 is back.',
    ]);
    expect(fatal).toEqual([]);
  });

  it('F1, sibling: stays away when it kept nothing, and more than f of them end the cluster', async () => {
    const { started, notices, fatal } = await launch(false);
    started[2]?.[0]?.fail(Object.assign(new Error('one'), { name: 'StoreError' }));
    await vi.advanceTimersByTimeAsync(60_000);
    expect(notices).toEqual([
      'node 2 ended (one). It is not started again: it kept nothing on disk.',
    ]);
    expect(fatal).toEqual([]);
    started[0]?.[0]?.fail(Object.assign(new Error('two'), { name: 'StoreError' }));
    await vi.advanceTimersByTimeAsync(60_000);
    expect(started.map((runs) => runs.length)).toEqual([1, 1, 1, 1]);
    expect(fatal.map(String)).toEqual([expect.stringContaining('nodes 0, 2 are gone for good')]);
  });

  it('is not started again while the launch is closed', async () => {
    const { nodes, started, notices } = await launch(true);
    await Promise.all(nodes.map((node) => node.close()));
    started[1]?.[0]?.fail(new Error('closed while it wrote'));
    await vi.advanceTimersByTimeAsync(60_000);
    expect(started[1]).toHaveLength(1);
    expect(notices).toEqual([]);
  });
});
