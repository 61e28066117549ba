import { describe, expect, it } from 'vitest';
import type { PrePrepare, SlotVote, Verified } from '../messages/index.js';
import { prePrepare, request, vote } from '../replica-bench.testkit.js';
import { EarlyMessages } from './early-messages.js';

const said = (sequence: number, overrides: Partial<SlotVote> = {}): Verified<SlotVote> =>
  vote('prepare', 1, 'd', { view: 1, sequence, ...overrides }) as Verified<SlotVote>;
const proposed = (sequence: number, overrides: Partial<PrePrepare> = {}): Verified<PrePrepare> =>
  ({ ...prePrepare(sequence, [request(1)]), view: 1, ...overrides }) as Verified<PrePrepare>;

describe('messages that come early', () => {
  it('have room where one like it is kept of another view', () => {
    const early = new EarlyMessages();
    early.keep(said(1), 'direct');
    expect(early.hasRoomFor(said(1), 'direct')).toBe(false);
    expect(early.hasRoomFor(said(1, { view: 2 }), 'direct')).toBe(true);
  });

  it('are one proposal a slot, whoever made it', () => {
    const early = new EarlyMessages();
    early.keep(proposed(1), 'broadcast');
    expect(early.hasRoomFor(proposed(1, { replica: 2, digest: 'other' }), 'broadcast')).toBe(false);
    expect(early.hasRoomFor(proposed(2), 'broadcast')).toBe(true);
  });

  it('are so many bytes of proposals; votes take nothing of that', () => {
    const early = new EarlyMessages();
    for (let sequence = 1; sequence <= 50_000; sequence += 1) early.keep(said(sequence), 'direct');
    expect(early.hasRoomFor(proposed(1), 'broadcast')).toBe(true);
    const long = request(1, { operation: 'x'.repeat(6 * 1024 * 1024) });
    early.keep(proposed(1, { bodies: [long] }), 'broadcast');
    expect(early.hasRoomFor(proposed(2, { bodies: [long] }), 'broadcast')).toBe(false);
    expect(early.hasRoomFor(said(50_001), 'direct')).toBe(true);
  });
});
