/** The stories that can be replayed, the two to begin with first; see `scenes.ts` of the simulator. */
export const CASES = [
  { name: 'equivocating-commander', title: 'A commander that equivocates is convicted' },
  { name: 'dead-collector', title: 'A dead collector costs one wait' },
  { name: 'normal-case-ccro', title: 'Normal case, CCRO' },
  { name: 'normal-case-pbft', title: 'Normal case, PBFT' },
  { name: 'silent-commander', title: 'View change: a silent commander is replaced' },
  { name: 'carried-over', title: 'View change: what was prepared is carried over' },
  { name: 'checkpoint', title: 'A checkpoint becomes stable' },
  { name: 'lagging-replica', title: 'A node that missed decisions gets them' },
  { name: 'state-transfer', title: 'A node far behind takes a state over' },
  { name: 'restart', title: 'All nodes restart with a slot half decided' },
  { name: 'start', title: 'A cluster starts' },
] as const;
