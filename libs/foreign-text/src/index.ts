export { asError, errorMessage, errorStack } from './error-text.js';
export { foreignText, type SpellOut } from './foreign-text.js';
