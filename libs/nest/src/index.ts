export { Ccro } from './ccro.js';
export { CcroClientModule, CcroModule, type CcroAsyncOptions } from './ccro.module.js';
export type { CcroOptions } from './connection.js';
export { CcroError, type CcroErrorCode, type Decided } from './decided.js';
