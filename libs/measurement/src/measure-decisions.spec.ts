import { signatureCounts } from '@ccro/crypto';
import { Quit } from '@ccro/clock';
import { MemoryStore } from '@ccro/storage';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { faultyNodes, NO_FAULTS } from './embedded-cluster.js';
import { measureDecisions, type DecisionFigures } from './measure-decisions.js';

const FEW = { atLeast: 4, atMost: 4, budgetMs: 0, warmUpMs: 0 };
const NOBODY_QUITS = new AbortController().signal;
const NODES = 4;
/** One round of votes, two rounds, and PBFT; see README. */
const [FAST, SLOW, PBFT] = [4 * NODES, 6 * NODES - 1, 2 * NODES ** 2 + 2 * NODES + 1];

function measured(mode: 'ccro' | 'pbft', faults = NO_FAULTS): Promise<DecisionFigures> {
  return measureDecisions({ nodes: NODES, mode, faults }, FEW, NOBODY_QUITS);
}

describe('decisions in this process', () => {
  it('are counted as the protocol says, in both modes', async () => {
    const ccro = await measured('ccro');
    const pbft = await measured('pbft');
    expect([ccro.decisions, pbft.decisions]).toEqual([4, 4]);
    expect(ccro.deliveries).toBeGreaterThanOrEqual(FAST);
    // A machine that is busy may keep a vote so long that some decisions take two rounds.
    expect(ccro.deliveries).toBeLessThanOrEqual(ccro.oneRound === 1 ? FAST : SLOW);
    expect(pbft.deliveries).toBeGreaterThan(SLOW);
    expect(pbft.deliveries).toBeLessThanOrEqual(PBFT);
    expect(ccro.bytes / ccro.deliveries).toBeGreaterThan(100);
    // Request, pre-prepare, n votes and n replies, at the least.
    expect(ccro.signaturesMade).toBeGreaterThanOrEqual(2 + 2 * NODES);
    expect(pbft.signaturesChecked).toBeGreaterThan(pbft.signaturesMade);
    for (const { timeMs, cpuMs } of [ccro, pbft]) {
      expect(timeMs).toBeGreaterThan(0);
      expect(cpuMs).toBeGreaterThan(0);
    }
  });

  it('take fewer bytes with the compact codec, and as many messages', async () => {
    const plan = { nodes: NODES, mode: 'pbft', faults: NO_FAULTS } as const;
    const json = await measureDecisions(plan, FEW, NOBODY_QUITS);
    const compact = await measureDecisions({ ...plan, codec: 'compact' }, FEW, NOBODY_QUITS);
    expect(compact.decisions).toBe(4);
    expect(compact.deliveries).toBeLessThanOrEqual(PBFT);
    expect(compact.bytes / compact.deliveries).toBeLessThan((0.7 * json.bytes) / json.deliveries);
  });

  it('take two rounds with a node that is offline', async () => {
    const { oneRound, deliveries } = await measured('ccro', faultyNodes(NODES, 1, 'offline'));
    expect(oneRound).toBe(0);
    expect(deliveries).toBeLessThan(SLOW);
    expect(deliveries).toBeGreaterThan(FAST);
  });

  it('end with what a replica failed with', async () => {
    const append = vi.spyOn(MemoryStore.prototype, 'append').mockImplementation(() => {
      throw new Error('the disk is full');
    });
    onTestFinished(() => append.mockRestore());
    await expect(measured('ccro')).rejects.toThrow('the disk is full');
  });

  it('end at once when the user quits', async () => {
    const quit = new AbortController();
    const before = signatureCounts().made;
    const endless = { ...FEW, atLeast: 1_000_000, atMost: 1_000_000 };
    const run = measureDecisions(
      { nodes: NODES, mode: 'ccro', faults: NO_FAULTS },
      endless,
      quit.signal,
    );
    const ended = run.catch((error: unknown) => error);
    await vi.waitFor(() => expect(signatureCounts().made).toBeGreaterThan(before + 100));
    quit.abort();
    expect(await ended).toBeInstanceOf(Quit);
  });
});
