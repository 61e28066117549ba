import { cellName, type Cell } from '@ccro/experiment';
import { SingleBar } from 'cli-progress';

/** On a terminal, how far the experiment is. */
export class Progress {
  private readonly bar = new SingleBar({
    format: '{bar} {value}/{total} | {cell} | {duration_formatted}',
    stream: process.stderr,
    hideCursor: true,
    clearOnComplete: true,
    linewrap: false,
    barsize: 20,
  });

  constructor(cells: number) {
    this.bar.start(cells, 0, { cell: '' });
  }

  begins(cell: Cell): void {
    this.bar.update({ cell: cellName(cell) });
  }

  isDone(): void {
    this.bar.increment();
  }

  stop(): void {
    this.bar.stop();
  }
}
