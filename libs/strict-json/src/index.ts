export {
  parseStrictJson,
  parseStrictJsonBytes,
  StrictJsonError,
  type JsonIssue,
} from './strict-json.js';
