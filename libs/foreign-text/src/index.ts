export { foreignText, type SpellOut } from './foreign-text.js';
