import { rehearse, type JsonValue, type Rehearsal } from '@ccro/state-machine';
import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import auction from './auction.js';

/** Opens the auction of a vase by sam. */
function opened(): Rehearsal {
  const house = rehearse(auction);
  house.execute({ type: 'auction.open', item: 'vase', reserve: 100 }, 'sam');
  return house;
}

function bid(house: Rehearsal, bidder: string, amount: JsonValue): JsonValue {
  return house.execute({ type: 'auction.bid', item: 'vase', amount }, bidder);
}

describe('the auction', () => {
  it('sells to whoever bids most', () => {
    const house = opened();
    expect(bid(house, 'alice', 100)).toMatchObject({ best: { bidder: 'alice', amount: 100 } });
    expect(bid(house, 'bob', 100)).toEqual({
      error: 'too-low',
      best: { bidder: 'alice', amount: 100 },
    });
    expect(bid(house, 'bob', 120)).toMatchObject({ best: { bidder: 'bob' } });
    expect(house.execute({ type: 'auction.close', item: 'vase' }, 'sam')).toEqual({
      seller: 'sam',
      reserve: 100,
      open: false,
      best: { bidder: 'bob', amount: 120 },
    });
    expect(bid(house, 'alice', 500)).toEqual({ error: 'closed' });
    expect(house.execute({ type: 'auction.show', item: 'vase' })).toMatchObject({ open: false });
  });

  it.each<[string, string, JsonValue, string]>([
    ['below the reserve', 'alice', 99, 'too-low'],
    ['by the seller', 'sam', 200, 'own-auction'],
    ['of a fraction', 'alice', 100.5, 'malformed'],
    ['of no amount', 'alice', '200', 'malformed'],
  ])('refuses a bid %s', (_what, bidder, amount, error) => {
    expect(bid(opened(), bidder, amount)).toMatchObject({ error });
  });

  it('is closed by its seller alone, and held once', () => {
    const house = opened();
    expect(house.execute({ type: 'auction.close', item: 'vase' }, 'alice')).toEqual({
      error: 'not-yours',
    });
    expect(house.execute({ type: 'auction.open', item: 'vase', reserve: 1 }, 'bob')).toEqual({
      error: 'item-taken',
    });
    expect(house.execute({ type: 'auction.show', item: 'lamp' })).toEqual({
      error: 'no-such-auction',
    });
  });

  it('is written in under fifty lines, comments not counted', async () => {
    const text = await readFile(new URL('auction.ts', import.meta.url), 'utf8');
    const code = text
      .replace(/\/\*\*[^]*?\*\//g, '')
      .split('\n')
      .filter((line) => line.trim() !== '');
    expect(code.length).toBeLessThan(50);
  });
});
