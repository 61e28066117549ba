import type { CellFault } from '@ccro/experiment';

/** Faults that a comparison offers, in plain words. */
export const COMPARED_FAULTS: Readonly<Partial<Record<CellFault, string>>> = {
  none: 'no fault',
  offline: 'f nodes offline',
  falsify: 'f nodes vote for wrong data',
  'double-vote': 'f nodes vote twice',
  equivocate: 'the commander equivocates',
  'silent-collector': 'the communication node is silent',
  delay: 'f nodes are late',
};
