/**
 * The browser's language, where `Intl` knows it. Under `LANG=C` Chromium calls it `en-US@posix`,
 * which throws wherever a number or a time is written in it, at loading the charts for one.
 */

import { usableLocale } from './usable-locale.js';

const { language, languages } = navigator;

/** In which numbers and times are written. */
export const LOCALE = usableLocale([language, ...languages]);

// Libraries ask the browser itself.
if (language !== LOCALE) {
  Object.defineProperty(navigator, 'language', { value: LOCALE, configurable: true });
}
