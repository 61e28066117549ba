/** Checks a receipt with the same library as `npm run verify`, away from the page. */

import { clusterKeys } from '@ccro/cluster-config';
import { errorMessage } from '@ccro/foreign-text';
import { ReceiptVerifier, type Proven, type Refusal } from '@ccro/receipt';
import { readClusterFile } from './cluster-file.js';

export interface Question {
  /** The receipt, byte for byte. */
  readonly receipt: Uint8Array;
  /** The cluster file. */
  readonly clusterFile: Uint8Array;
}

/** What came of it; an invalid cluster file is a problem of its own. */
export type Answer =
  | { readonly kind: 'verdict'; readonly verdict: Proven | Refusal; readonly members: number }
  | { readonly kind: 'no-cluster-file'; readonly problem: string };

self.addEventListener('message', ({ data }: MessageEvent<Question>) => {
  self.postMessage(answerTo(data));
});

function answerTo({ receipt, clusterFile }: Question): Answer {
  let verifier: ReceiptVerifier;
  let members: number;
  try {
    const config = readClusterFile(clusterFile);
    members = config.members.length;
    verifier = new ReceiptVerifier(clusterKeys(config));
  } catch (error) {
    return { kind: 'no-cluster-file', problem: errorMessage(error) };
  }
  return { kind: 'verdict', verdict: verifier.verify(receipt), members };
}
