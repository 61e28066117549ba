import type { Store } from '../state/store.js';

/** What every page is given. */
export interface PageProps {
  readonly store: Store;
  /** Which colours are shown. */
  readonly theme: string;
}
