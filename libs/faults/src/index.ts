export {
  everyoneOf,
  othersOf,
  proposalWith,
  toEach,
  type BehaviourContext,
  type Outgoing,
  type OutgoingSend,
} from './behaviour.js';
export { chooseFaulty } from './choose-faulty.js';
export {
  createBehaviour,
  FAULT_KINDS,
  FAULTS,
  isFaultKind,
  type Behaviour,
  type FaultKind,
} from './faults.js';
export { seededRandom, shuffled } from './random.js';
