export * from './browser.js';
export { parseStrictJsonBytes } from './strict-json-bytes.js';
