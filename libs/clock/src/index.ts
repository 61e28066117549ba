export { systemClock, type Clock } from './clock.js';
export { soon } from './soon.js';
export { anyOf, deadline, Overdue, pause, Quit, until, type Patience } from './waiting.js';
