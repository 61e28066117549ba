export { parseStrictJson, StrictJsonError, type JsonIssue } from './strict-json.js';
