import { expect, it } from 'vitest';
import { appendOperation } from '@ccro/state-machine';
import { benchData, benchOperation, OPERATION_BYTES } from './bench-operation.js';

it('an operation is of 200 bytes, handed in by itself or through the gateway', () => {
  expect(Buffer.byteLength(benchOperation())).toBe(OPERATION_BYTES);
  expect(appendOperation(benchData())).toBe(benchOperation());
});
