/** Where browsers get the page: the gateway serves it at these paths. */
export const PAGE_PATHS = [
  '/',
  '/ledger',
  '/compare',
  '/experiments',
  '/replay',
  '/check',
] as const;
export type PagePath = (typeof PAGE_PATHS)[number];
