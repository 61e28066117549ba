export { buildReceipt, type ReceiptParts } from './build-receipt.js';
export {
  formatReceipt,
  MAX_RECEIPT_BYTES,
  parseReceipt,
  type Receipt,
  RECEIPT_FORMAT,
} from './receipt.js';
export { type Proven, ReceiptVerifier, type Verdict } from './receipt-verifier.js';
export { type Refusal, type RefusalCode, REFUSAL_CODES } from './refusal.js';
