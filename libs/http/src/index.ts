export { whenOver } from './call-end.js';
export { createHttpAdapter } from './http-adapter.js';
export { jsonProblem } from './json-body.js';
export { listenOnOneAddress } from './one-address.js';
export { ProblemFilter, sendProblem } from './problem/problem.filter.js';
export {
  PROBLEM_MEDIA_TYPE,
  problemDetails,
  ProblemException,
  PROBLEMS,
  problemType,
  type ProblemDetails,
  type ProblemName,
} from './problem/problem.js';
export { SECURITY_HEADERS } from './security-headers.js';
export { closeInTime, dropUnusedConnections } from './shutdown.js';
export { guardSites, isLoopbackName, namesOf, type SiteConfig, type SiteRules } from './sites.js';
export { limitFiles } from './stream-answers.js';
