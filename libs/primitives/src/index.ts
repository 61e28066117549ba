export type * from './port.js';
export { bls } from './node/bls.js';
export { bytes } from './node/bytes.js';
export { ed25519 } from './node/ed25519.js';
export { hashes } from './node/hashes.js';
