import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatNodeQuery, type NodeQuery, parseNodeQuery } from './control-messages.js';

describe('node queries', () => {
  const queries: readonly NodeQuery[] = [
    { type: 'status' },
    { type: 'newest-timestamp' },
    { type: 'ledger', from: 1, limit: 100 },
    { type: 'decision', sequence: 7 },
    { type: 'reply', sequence: 7, client: 'gateway', timestamp: 9 },
    { type: 'reply', sequence: 7, client: 'gateway', timestamp: 9, others: true },
    { type: 'set-fault', fault: 'silent-collector' },
    { type: 'set-fault', fault: null },
  ];

  it.each(queries)('are read as they were written: %j', (query) => {
    expect(parseNodeQuery(formatNodeQuery(query))).toEqual(query);
  });

  it.each([
    '',
    'status',
    'null',
    '[]',
    '{}',
    '{"type":"other"}',
    '{"type":"status","extra":1}',
    '{"type":"status","__proto__":{}}',
    '{"type":"ledger","from":-1,"limit":1}',
    '{"type":"ledger","from":1,"limit":0}',
    '{"type":"ledger","from":1,"limit":1001}',
    '{"type":"decision","sequence":1e999}',
    '{"type":"reply","sequence":7,"client":"gateway"}',
    '{"type":"reply","sequence":7,"client":"not a name","timestamp":9}',
    '{"type":"reply","sequence":7,"client":"gateway","timestamp":9,"others":false}',
    '{"type":"set-fault"}',
    '{"type":"set-fault","fault":"Not A Fault"}',
    ' '.repeat(5000),
    '['.repeat(4000),
  ])('are refused otherwise: %s', (text) => {
    expect(parseNodeQuery(text)).toBeUndefined();
  });

  it.each([
    '{"type":"decision","sequence":-0}',
    '{"type":"ledger","from":-0,"limit":1}',
    '{"type":"reply","sequence":7,"client":"gateway","timestamp":-0}',
  ])('A12, sibling: are refused with another spelling of 0: %s', (text) => {
    expect(parseNodeQuery(text)).toBeUndefined();
    expect(parseNodeQuery(text.replace('-0', '0').replace('"from":0', '"from":1'))).toBeDefined();
  });

  it('never throw', () => {
    fc.assert(
      fc.property(fc.oneof(fc.json(), fc.string({ unit: 'binary' })), (text) => {
        expect(parseNodeQuery(text)).toBeUndefined();
      }),
    );
  });
});
