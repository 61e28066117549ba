const USUAL = 'en-US';

/** @returns the first of `languages` that `Intl` takes */
export function usableLocale(languages: readonly (string | undefined)[]): string {
  const isUsable = (language: string | undefined): language is string => {
    try {
      return language !== undefined && Intl.getCanonicalLocales(language).length === 1;
    } catch {
      return false;
    }
  };
  return languages.find(isUsable) ?? USUAL;
}
