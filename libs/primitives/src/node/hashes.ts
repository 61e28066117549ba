import { createHash, hash } from 'node:crypto';
import { asBuffer } from './bytes.js';
import type { Hashes } from '../port.js';

export const hashes: Hashes = {
  sha256: (data) => hash('sha256', data, 'hex'),
  putSha256(target, offset, data) {
    // Text is the fastest way out of `hash`: a buffer costs it twice the time.
    asBuffer(target).write(hash('sha256', data, 'binary'), offset, 'latin1');
  },
  runningSha256() {
    const running = createHash('sha256');
    return {
      add: (text) => void running.update(text),
      hex: () => running.copy().digest('hex'),
    };
  },
};
