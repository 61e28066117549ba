import { appendOperation } from '@ccro/state-machine';
import { expect, it } from 'vitest';
import { MIN_OPERATION_BYTES, OPERATION_BYTES, operationOf, valueOf } from './operation.js';

it.each([MIN_OPERATION_BYTES, OPERATION_BYTES, 65_536])(
  'an operation of %d bytes is of as many, handed in by itself or through the gateway',
  (bytes) => {
    expect(Buffer.byteLength(operationOf(bytes))).toBe(bytes);
    expect(appendOperation(valueOf(bytes))).toBe(operationOf(bytes));
  },
);
