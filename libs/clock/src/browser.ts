export { soon } from './browser-soon.js';
export type { Clock } from './clock.js';
