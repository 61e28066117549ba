export { Ccro } from './ccro.js';
export { CcroError, type CcroErrorCode } from './ccro-error.js';
export { CcroClientModule, CcroModule, type CcroAsyncOptions } from './ccro.module.js';
export type { CcroOptions } from './ccro-options.js';
export type { Decided } from './decided.js';
