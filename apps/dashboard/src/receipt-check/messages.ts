/** What the page and its worker tell each other. */

import type { Proven, Refusal } from '@ccro/receipt';

export interface Question {
  /** The receipt, byte for byte. */
  readonly receipt: Uint8Array;
  /** Text of the cluster file. */
  readonly clusterFile: string;
}

/** What came of it; an invalid cluster file is a problem of its own. */
export type Answer =
  | { readonly kind: 'verdict'; readonly verdict: Proven | Refusal; readonly members: number }
  | { readonly kind: 'no-cluster-file'; readonly problem: string };
