export { whenOver } from './call-end.js';
export { createHttpAdapter } from './http-adapter.js';
export { jsonProblem } from './json-body.js';
export { listenOnOneAddress } from './one-address.js';
export { ProblemFilter, sendProblem } from './problem/problem.filter.js';
export {
  PROBLEM_MEDIA_TYPE,
  ProblemException,
  PROBLEMS,
  problemType,
  type ProblemName,
} from './problem/problem.js';
export { closeInTime, dropUnusedConnections } from './shutdown.js';
export { guardSites, namesOf, type SiteConfig } from './sites.js';
export { limitFiles } from './stream-answers.js';
