/** Checks a receipt with the same library as `npm run verify`, away from the page. */

import { clusterKeys, parseClusterConfig } from '@ccro/cluster-config';
import { ReceiptVerifier } from '@ccro/receipt';
import type { Answer, Question } from './messages.js';

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
    const problem = error instanceof Error ? error.message : String(error);
    return { kind: 'no-cluster-file', problem };
  }
  return { kind: 'verdict', verdict: verifier.verify(receipt), members };
}
