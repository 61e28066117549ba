export { formatReceipt, MAX_RECEIPT_BYTES, type Receipt } from './receipt.js';
export { buildReceipt, ReceiptMaker } from './receipt-maker.js';
export { type Proven, ReceiptVerifier, type Verdict } from './receipt-verifier.js';
export type { Refusal } from './refusal.js';
