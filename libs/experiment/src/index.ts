export { CHARTS, chartOf, isChartName } from './charts.js';
export {
  compareModes,
  comparisonRequestSchema,
  type ComparedMode,
  type ComparedTimes,
  type Comparison,
  type ComparisonRequest,
  type DecisionObserver,
  type Observation,
  type Observed,
} from './comparison.js';
export { MeasuringProcess, type MeasuringProcessOptions } from './measuring-process.js';
export {
  cellName,
  cellsOf,
  CELL_FAULTS,
  LIMITS,
  MODES,
  planOf,
  planRequestSchema,
  planSchema,
  type Cell,
  type CellFault,
  type ExperimentPlan,
  type PlanRequest,
} from './plan.js';
export { isMeasured, rowSchema, type CellFigures, type ExperimentRow } from './row.js';
export { CellFailure, runCells, type CellMeasurer } from './run-cells.js';
export { SEED_BYZANTINE, SEED_FAULTS, seedFigure } from './seed-figures.js';
export { cellsCsv, timesCsv } from './tables.js';
