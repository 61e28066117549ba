export { flatnessOf, growthOf, type Flatness, type StoreGrowth } from './flatness.js';
export { atSeconds, bytes, duration } from './format.js';
export { lineChart, type ChartOptions, type Series } from './line-chart.js';
export { median, quantile } from './quantile.js';
export { sparkline } from './sparkline.js';
