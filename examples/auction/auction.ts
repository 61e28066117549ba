/**
 * An auction house that nobody has to trust: who bid what, and first, is decided by the cluster,
 * and a liar among its nodes changes nothing.
 */

import { defineStateMachine, type JsonValue, type State } from '@ccro/state-machine';

/** Amounts are whole cents: sums of fractions are not what people expect. */
type Auction = {
  readonly seller: string;
  readonly reserve: number;
  readonly open: boolean;
  readonly best: { readonly bidder: string; readonly amount: number } | null;
};

/** `client` signed the operation with its key: nobody bids in another one's name. */
export default defineStateMachine({
  name: 'auction',
  version: '1',
  operations: {
    'auction.open'({ item, reserve }, state, { client }) {
      if (!isItem(item) || !isAmount(reserve)) return { error: 'malformed' };
      if (state.has(item)) return { error: 'item-taken' };
      return save(state, item, { seller: client, reserve, open: true, best: null });
    },

    'auction.bid'({ item, amount }, state, { client }) {
      if (!isItem(item) || !isAmount(amount)) return { error: 'malformed' };
      const auction = load(state, item);
      if (auction === undefined) return { error: 'no-such-auction' };
      const { open, seller, reserve, best } = auction;
      if (!open || client === seller) return { error: open ? 'own-auction' : 'closed' };
      if (amount < Math.max(reserve, (best?.amount ?? 0) + 1)) return { error: 'too-low', best };
      return save(state, item, { ...auction, best: { bidder: client, amount } });
    },

    'auction.close'({ item }, state, { client }) {
      const auction = load(state, item);
      if (!isItem(item) || auction === undefined) return { error: 'no-such-auction' };
      if (client !== auction.seller) return { error: 'not-yours' };
      return save(state, item, { ...auction, open: false });
    },

    'auction.show'({ item }, state) {
      return load(state, item) ?? { error: 'no-such-auction' };
    },
  },
});

function load(state: State, item: JsonValue | undefined): Auction | undefined {
  return isItem(item) ? (state.get(item) as Auction | undefined) : undefined;
}

function save(state: State, item: string, auction: Auction): Auction {
  state.set(item, auction);
  return auction;
}

function isItem(item: JsonValue | undefined): item is string {
  return typeof item === 'string' && item.length > 0 && item.length <= 100;
}

function isAmount(amount: JsonValue | undefined): amount is number {
  return typeof amount === 'number' && Number.isSafeInteger(amount) && amount > 0;
}
