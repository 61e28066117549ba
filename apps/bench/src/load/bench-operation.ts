import { appendOperation } from '@ccro/state-machine';

/** Bytes of an operation: what the published figures of others are for. */
export const OPERATION_BYTES = 200;

const AROUND = appendOperation('').length;
const OPERATION = appendOperation('x'.repeat(OPERATION_BYTES - AROUND));

/** An operation of 200 bytes, the same each time: the timestamp makes each request its own. */
export function benchOperation(): string {
  return OPERATION;
}

/** The value that `POST /requests` makes the same operation of. */
export function benchData(): string {
  return 'x'.repeat(OPERATION_BYTES - AROUND);
}
