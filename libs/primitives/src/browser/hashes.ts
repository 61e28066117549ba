import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import { bytes } from './bytes.js';
import type { Hashes } from '../port.js';

export const hashes: Hashes = {
  sha256: (data) => bytesToHex(sha256(typeof data === 'string' ? bytes.fromUtf8(data) : data)),
  putSha256: (target, offset, data) => target.set(sha256(data), offset),
  runningSha256() {
    const running = sha256.create();
    return {
      add: (text) => void running.update(bytes.fromUtf8(text)),
      hex: () => bytesToHex(running.clone().digest()),
    };
  },
};
