import { appendOperation } from '@ccro/state-machine';

/** What is around the value in an operation's text. */
const AROUND = appendOperation('').length;

/** Bytes of an operation unless asked otherwise: what the published figures of others are for. */
export const OPERATION_BYTES = 200;
/** No operation is shorter. */
export const MIN_OPERATION_BYTES = AROUND + 1;

/** The value of `bytes` bytes in all when it is appended to the ledger. */
export function valueOf(bytes: number): string {
  return 'x'.repeat(bytes - AROUND);
}

/** An operation of `bytes` bytes, the same each time: its timestamp makes a request its own. */
export function operationOf(bytes: number): string {
  return appendOperation(valueOf(bytes));
}
