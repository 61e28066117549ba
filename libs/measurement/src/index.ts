export { EmbeddedCluster, NO_FAULTS, type EmbeddedPlan, type Spent } from './embedded-cluster.js';
export { faultyNodes } from './faulty-nodes.js';
export {
  compileAll,
  measureDecisions,
  type DecisionBudget,
  type DecisionFigures,
} from './measure-decisions.js';
export { observeDecision, type DecisionPlan, type ObservedDecision } from './observe-decision.js';
export { MIN_OPERATION_BYTES, OPERATION_BYTES, operationOf, valueOf } from './operation.js';
