export { flatnessOf, growthOf, type Flatness, type StoreGrowth } from './flatness.js';
export { atSeconds, bytes, csv, duration, type CsvField } from './format.js';
export { increase } from './increase.js';
export { lineChart, type ChartOptions, type Series } from './line-chart.js';
export { median, quantile } from './quantile.js';
export { sparkline } from './sparkline.js';
