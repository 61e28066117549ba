/**
 * The number of the newest batch that is durable, in a file of its own beside the database.
 *
 * Invariant kept here (damage is found): LevelDB silently starts without a damaged end of its
 * log. The file is written after a batch is durable and before anyone is told so; a database that
 * has not come as far has lost a batch that others rely on.
 *
 * Writing goes to the operating system without waiting for the disk: what a crash of the machine
 * takes away here is only that the file names an earlier batch.
 */

import {
  closeSync,
  fstatSync,
  fsyncSync,
  openSync,
  readSync,
  renameSync,
  writeSync,
} from 'node:fs';
import { Damage } from './store-error.js';
import { readChecked, withChecksum } from './checked-value.js';

const NAME = 'confirmed';
/** Room for any number: the line is padded, so that each write replaces the one before. */
const SIZE = 64;

export class ConfirmedFile {
  private readonly line = Buffer.alloc(SIZE);

  private constructor(private readonly descriptor: number) {}

  /** Makes one that is on the disk as a whole; there must be none yet. */
  static create(path: string, batch: number): ConfirmedFile {
    const unfinished = `${path}.new`;
    const file = new ConfirmedFile(openSync(unfinished, 'w+'));
    file.write(batch);
    file.sync();
    renameSync(unfinished, path);
    return file;
  }

  /** @throws when there is none (code ENOENT) */
  static open(path: string): ConfirmedFile {
    return new ConfirmedFile(openSync(path, 'r+'));
  }

  /** @throws Damage when the file is not one that `write` makes */
  read(): number {
    const { size } = fstatSync(this.descriptor);
    const length = readSync(this.descriptor, this.line, 0, SIZE, 0);
    if (size !== SIZE || length !== SIZE) {
      throw new Damage(`the file "${NAME}" has ${size} bytes instead of ${SIZE}`);
    }
    const { value } = readChecked(NAME, this.line.toString('latin1').trimEnd());
    return Number(value);
  }

  write(batch: number): void {
    this.line.write(`${withChecksum(NAME, batch).text.padEnd(SIZE - 1)}\n`, 'latin1');
    const length = writeSync(this.descriptor, this.line, 0, SIZE, 0);
    if (length !== SIZE) throw new Error(`only ${length} bytes of "${NAME}" could be written`);
  }

  sync(): void {
    fsyncSync(this.descriptor);
  }

  close(): void {
    closeSync(this.descriptor);
  }
}
