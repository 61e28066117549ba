/** What the page and its worker tell each other. */

import type { Recording } from '@ccro/simulator';

export type FromWorker =
  | { readonly kind: 'progress'; readonly steps: number; readonly atMs: number }
  | {
      readonly kind: 'done';
      readonly recording: Recording;
      /** What there is to say of a file that was dropped. */
      readonly remark: string;
    }
  | { readonly kind: 'failed'; readonly problem: string };
