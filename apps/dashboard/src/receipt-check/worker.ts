/** Checks a receipt with the same library as `npm run verify`, away from the page. */

import { clusterKeys, parseClusterConfig } from '@ccro/cluster-config';
import { errorMessage } from '@ccro/foreign-text';
import { ReceiptVerifier, type Proven, type Refusal } from '@ccro/receipt';

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

self.addEventListener('message', ({ data }: MessageEvent<Question>) => {
  self.postMessage(answerTo(data));
});

function answerTo({ receipt, clusterFile }: Question): Answer {
  let verifier: ReceiptVerifier;
  let members: number;
  try {
    const config = parseClusterConfig(JSON.parse(clusterFile));
    members = config.members.length;
    verifier = new ReceiptVerifier(clusterKeys(config));
  } catch (error) {
    return { kind: 'no-cluster-file', problem: errorMessage(error) };
  }
  return { kind: 'verdict', verdict: verifier.verify(receipt), members };
}
