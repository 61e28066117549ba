export { isExactNumber } from './exact-number.js';
export {
  MAX_JSON_DEPTH,
  parseStrictJson,
  parseStrictJsonBytes,
  pathText,
  StrictJsonError,
  type JsonIssue,
} from './strict-json.js';
