/** Checks a receipt with the same library as `npm run verify`, away from the page. */

import { clusterKeys, parseClusterConfig } from '@ccro/cluster-config';
import { errorMessage } from '@ccro/foreign-text';
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
    return { kind: 'no-cluster-file', problem: errorMessage(error) };
  }
  return { kind: 'verdict', verdict: verifier.verify(receipt), members };
}
