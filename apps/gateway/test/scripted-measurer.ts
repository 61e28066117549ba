import { Quit } from '@ccro/clock';
import { CellFailure, type Cell, type CellFigures, type CellMeasurer } from '@ccro/experiment';

const FIGURES: CellFigures = {
  timeMs: 10,
  fastestMs: 8,
  slowestMs: 12,
  messages: 16,
  bytes: 4000,
  signaturesMade: 10,
  signaturesChecked: 20,
  cpuMs: 5,
  oneRound: 1,
  scheme: 'ed25519',
};

/** Measures at once, or waits where it is told to; writes down what it was asked for. */
export class ScriptedMeasurer implements CellMeasurer {
  /** Every cell that was begun, by all measurers of one script. */
  readonly begun: Cell[] = [];
  /** Cells of this many nodes are never finished. */
  stuckAt: number | undefined;
  /** Cells of this many nodes cannot be measured. */
  failingAt: number | undefined;
  /** No cell is finished before this resolves. */
  heldUntil: Promise<void> = Promise.resolve();
  /** Measurements under way. */
  underWay = 0;

  async measure(cell: Cell, signal: AbortSignal): Promise<CellFigures> {
    this.begun.push(cell);
    this.underWay += 1;
    try {
      await this.heldUntil;
      if (cell.nodes === this.failingAt) throw new CellFailure('too many open files');
      if (cell.nodes === this.stuckAt) await aborted(signal);
      return { ...FIGURES, timeMs: cell.nodes };
    } finally {
      this.underWay -= 1;
    }
  }

  async close(): Promise<void> {}
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const end = (): void => reject(new Quit());
    if (signal.aborted) end();
    else signal.addEventListener('abort', end, { once: true });
  });
}
