import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Quit } from '@ccro/clock';
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { MeasuringProcess } from './measuring-process.js';
import type { Cell } from './plan.js';
import { CellFailure } from './run-cells.js';

/** Does with a cell what its number of rounds says. */
const PROGRAM = `
const figures = { timeMs: 1, fastestMs: 1, slowestMs: 1, messages: 16, bytes: 1, signaturesMade: 1,
  signaturesChecked: 1, cpuMs: 1, oneRound: 1, scheme: String(process.pid) };
const decisionOf = ({ nodes }) => ({ consensusTimeMs: 1, view: 0, sequence: 1, deliveries: nodes,
  bytes: 1, byKind: {}, nodes: [] });
process.on('message', ({ kind, cell, observation }) => {
  if (kind === 'observe') process.send({ kind: 'observed', decision: decisionOf(observation) });
  const { rounds } = cell ?? {};
  if (rounds === 1) process.send({ kind: 'measured', figures });
  if (rounds === 2) process.send({ kind: 'failed', reason: 'no quorum' });
  if (rounds === 3) process.send('nonsense');
  if (rounds === 4) process.stderr.write('out of memory', () => process.exit(7));
  if (rounds === 5) for (;;);
  if (rounds === 6) process.send({ kind: 'failed', reason: Object.keys(process.env).join() });
});
`;
const [MEASURED, FAILED, NONSENSE, ENDS, BUSY, TELLS] = [1, 2, 3, 4, 5, 6];

let directory: string;
const started: MeasuringProcess[] = [];

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'ccro-measuring-'));
  await writeFile(join(directory, 'program.mjs'), PROGRAM);
});
afterEach(async () => {
  await Promise.all(started.splice(0).map((each) => each.close()));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

function measuring(cellBoundMs = 9000): MeasuringProcess {
  const made = new MeasuringProcess({ program: join(directory, 'program.mjs'), cellBoundMs });
  started.push(made);
  return made;
}

function cell(rounds = MEASURED): Cell {
  return { mode: 'ccro', nodes: 4, byzantine: 0, fault: 'none', payloadBytes: 200, rounds };
}

const NEVER = new AbortController().signal;

/** The id of the process that measured. */
async function measuredBy(process: MeasuringProcess): Promise<string> {
  return (await process.measure(cell(), NEVER)).scheme;
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

describe('the measuring process', () => {
  it('is one for all cells, until one fails', async () => {
    const measurer = measuring();
    const first = await measuredBy(measurer);
    expect(first).toBe(String(measurer.pid));
    expect(await measuredBy(measurer)).toBe(first);
    await expect(measurer.measure(cell(FAILED), NEVER)).rejects.toThrow('no quorum');
    expect(isAlive(Number(first))).toBe(false);
    expect(await measuredBy(measurer)).not.toBe(first);
  });

  it.each([
    ['says what is no result', NONSENSE, 'what is no result'],
    ['ends', ENDS, 'ended (exit 7) out of memory'],
  ])('is done without when it %s', async (_, rounds, reason) => {
    const measurer = measuring();
    const failure = await measurer.measure(cell(rounds), NEVER).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(CellFailure);
    expect((failure as Error).message).toContain(reason);
    expect(await measuredBy(measurer)).toBe(String(measurer.pid));
  });

  it('is started anew when it died while it had nothing to do', async () => {
    const measurer = measuring();
    const first = Number(await measuredBy(measurer));
    process.kill(first, 'SIGKILL');
    await vi.waitFor(() => expect(isAlive(first)).toBe(false));
    expect(await measuredBy(measurer)).not.toBe(String(first));
  });

  it('looks at decisions too', async () => {
    const observation = { mode: 'ccro', nodes: 7, byzantine: 0, fault: 'none' } as const;
    const observed = await measuring().observe({ ...observation, operation: '{}' }, NEVER);
    expect(observed.deliveries).toBe(7);
  });

  it('is killed when a cell takes too long', async () => {
    const measurer = measuring(300);
    const measuringBusy = measurer.measure(cell(BUSY), NEVER);
    const { pid = 0 } = measurer;
    await expect(measuringBusy).rejects.toThrow('no result within 0.3 s');
    expect(isAlive(pid)).toBe(false);
  });

  it('is killed, however busy, when the measurement is given up', async () => {
    const measurer = measuring();
    const pid = Number(await measuredBy(measurer));
    const quit = new AbortController();
    const ended = measurer.measure(cell(BUSY), quit.signal).catch((error: unknown) => error);
    await vi.waitFor(() => expect(isAlive(pid)).toBe(true));
    quit.abort();
    expect(await ended).toBeInstanceOf(Quit);
    expect(isAlive(pid)).toBe(false);
    await expect(measurer.measure(cell(), quit.signal)).rejects.toThrow(Quit);
  });

  it('I4: gives it no setting of this process, among which are passwords', async () => {
    vi.stubEnv('REDIS_URL', 'redis://user:secret@localhost');
    onTestFinished(() => void vi.unstubAllEnvs());
    const failure = await measuring()
      .measure(cell(TELLS), NEVER)
      .catch((error: Error) => error);
    expect((failure as Error).message).not.toMatch(/REDIS_URL|PATH/);
  });
});
