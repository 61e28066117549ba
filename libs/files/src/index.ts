export { makeDirectory } from './make-directory.js';
export { readRegularFile, requireRegularFile } from './regular-file.js';
