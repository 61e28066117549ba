export { faultyNodes, NO_FAULTS } from './embedded-cluster.js';
export {
  compileAll,
  measureDecisions,
  type DecisionBudget,
  type DecisionFigures,
} from './measure-decisions.js';
export { measureRecovery, type RecoveryFigures } from './measure-recovery.js';
export { observeDecision, type ObservedDecision } from './observe-decision.js';
export { OPERATION_BYTES, operationOf, valueOf } from './operation.js';
