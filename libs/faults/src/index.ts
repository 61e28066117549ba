export type { Behaviour, BehaviourContext, OutgoingSend } from './behaviour.js';
export { chooseFaulty } from './choose-faulty.js';
export { createBehaviour } from './create-behaviour.js';
export { FAULT_DESCRIPTIONS, FAULT_KINDS, isFaultKind, type FaultKind } from './fault-kind.js';
export { seededRandom } from './random.js';
