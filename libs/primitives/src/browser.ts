export type * from './port.js';
export { bls } from './browser/bls.js';
export { bytes } from './browser/bytes.js';
export { ed25519 } from './browser/ed25519.js';
export { hashes } from './browser/hashes.js';
