import { describe, expect, it } from 'vitest';
import { usableLocale } from './usable-locale.js';

describe('the locale', () => {
  it('G3: is one that Intl takes, whatever the browser calls its language', () => {
    for (const language of ['en-US@posix', 'C', '', undefined, 'de_DE.UTF-8', '*']) {
      const locale = usableLocale([language]);
      expect(() => new Intl.NumberFormat(locale)).not.toThrow();
      expect(locale).toBe('en-US');
    }
  });

  it('G3, sibling: is the next language where the first is none, and the first where it is', () => {
    expect(usableLocale(['en-US@posix', 'de-CH', 'fr'])).toBe('de-CH');
    expect(usableLocale(['pt-BR', 'de-CH'])).toBe('pt-BR');
  });
});
