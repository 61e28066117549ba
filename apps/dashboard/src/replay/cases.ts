/** The stories that can be replayed, the two to begin with first; see `scenes.ts` of the simulator. */
export const CASES = {
  'equivocating-commander': 'A commander that equivocates is convicted',
  'dead-collector': 'A dead collector costs one wait',
  'normal-case-ccro': 'Normal case, CCRO',
  'normal-case-pbft': 'Normal case, PBFT',
  'silent-commander': 'View change: a silent commander is replaced',
  'carried-over': 'View change: what was prepared is carried over',
  checkpoint: 'A checkpoint becomes stable',
  'lagging-replica': 'A node that missed decisions gets them',
  'state-transfer': 'A node far behind takes a state over',
  restart: 'All nodes restart with a slot half decided',
  start: 'A cluster starts',
} as const;
