/** The test vectors in `examples/receipts`, made of development keys, always the same. */

import { formatClusterFile } from '@ccro/cluster-config';
import { formatReceipt, type Receipt } from './receipt.js';
import { nameOf, SCENES, sceneOf, type SceneOptions } from './receipts.testkit.js';
import type { RefusalCode } from './refusal.js';

/** One line of `vectors.json`. */
export interface Vector {
  readonly receipt: string;
  readonly cluster: string;
  /** What a checker must say. */
  readonly expected: 'holds' | RefusalCode;
  /** What was done to a receipt that holds. */
  readonly why: string;
}

interface Breakage {
  readonly expected: RefusalCode;
  readonly why: string;
  readonly change?: (receipt: Receipt) => unknown;
  readonly respell?: (text: string) => string;
  readonly of?: SceneOptions;
}

const QUORUM: SceneOptions = { mode: 'pbft', scheme: 'ed25519', phase: 'commit', together: false };
const ALL: SceneOptions = { mode: 'ccro', scheme: 'ed25519', phase: 'prepare', together: false };
const LISTED: SceneOptions = { ...QUORUM, together: true };
const BLS: SceneOptions = { mode: 'ccro', scheme: 'bls', phase: 'prepare', together: false };

const BREAKAGES: readonly Breakage[] = [
  {
    expected: 'malformed',
    why: 'all on one line: another spelling of the same JSON',
    respell: (text) => JSON.stringify(JSON.parse(text)),
  },
  {
    expected: 'unknown-format',
    why: 'a format of the future',
    respell: (text) => text.replace('ccro-receipt/1', 'ccro-receipt/2'),
  },
  { expected: 'wrong-cluster', why: 'another cluster', change: (r) => (r.cluster = 'another') },
  {
    expected: 'unknown-client',
    why: 'a client that the cluster file does not list',
    change: (r) => (r.request.client = 'nobody'),
  },
  {
    expected: 'bad-request-signature',
    why: 'another operation than the client signed',
    change: (r) => (r.request.operation = '{"type":"append","data":"another"}'),
  },
  {
    expected: 'bad-request-signature',
    why: 'the request is not on the list that was signed',
    change: (r) => r.request.signedWith?.splice(2, 1),
    of: LISTED,
  },
  {
    expected: 'not-in-batch',
    why: 'another place in the batch',
    change: (r) => (r.batch.index = 3),
  },
  {
    expected: 'wrong-scheme',
    why: 'said to be signed with BLS in a cluster that signs with Ed25519',
    change: (r) => (r.certificate.scheme = 'bls'),
  },
  {
    expected: 'unknown-member',
    why: 'a signer that the cluster file does not list',
    change: (r) => (r.certificate.signers = [0, 1, 4]),
  },
  {
    expected: 'duplicate-signer',
    why: 'one signer twice',
    change: (r) => (r.certificate.signers = [0, 1, 1]),
  },
  {
    expected: 'certificate-below-quorum',
    why: 'two signers of three',
    change: (r) => [r.certificate.signers.pop(), r.certificate.signatures.pop()],
  },
  {
    expected: 'certificate-does-not-decide',
    why: 'a quorum, but not all, in the prepare phase',
    change: (r) => [r.certificate.signers.pop(), r.certificate.signatures.pop()],
    of: ALL,
  },
  {
    expected: 'bad-certificate-signature',
    why: 'another sequence number than was signed',
    change: (r) => (r.certificate.sequence = 8),
  },
  {
    expected: 'bad-certificate-signature',
    why: 'an aggregate said to be of fewer signers than it is',
    change: (r) => (r.certificate.signers = [0, 1, 2]),
    of: BLS,
  },
  {
    expected: 'bad-reply-signature',
    why: 'another result than was signed',
    change: (r) => (r.result = '{"index":1}'),
  },
  {
    expected: 'duplicate-reply',
    why: 'the reply of one node twice',
    change: (r) => r.replies.splice(1, 1, ...r.replies.slice(0, 1)),
  },
  { expected: 'too-few-replies', why: 'one reply of two', change: (r) => r.replies.pop() },
];

/** Names and contents of all files. */
export function vectorFiles(): ReadonlyMap<string, string> {
  const files = new Map<string, string>();
  const vectors: Vector[] = [];
  const add = (name: string, text: string, vector: Omit<Vector, 'receipt'>): void => {
    if (files.has(name)) throw new Error(`two vectors are called ${name}`);
    files.set(name, text);
    vectors.push({ receipt: name, ...vector });
  };
  for (const options of SCENES) {
    const { config, text } = sceneOf(options);
    const cluster = clusterFileOf(options);
    files.set(cluster, formatClusterFile(config));
    add(`valid-${nameOf(options)}.json`, text, {
      cluster,
      expected: 'holds',
      why: 'as it was made',
    });
  }
  for (const { expected, why, change, respell, of = QUORUM } of BREAKAGES) {
    const draft = structuredClone(sceneOf(of).receipt);
    change?.(draft);
    const text = formatReceipt(draft);
    const suffix = of === QUORUM ? '' : `-${nameOf(of)}`;
    const cluster = clusterFileOf(of);
    add(`broken-${expected}${suffix}.json`, respell?.(text) ?? text, { cluster, expected, why });
  }
  return files.set('vectors.json', `${JSON.stringify(vectors, null, 2)}\n`);
}

function clusterFileOf({ mode, scheme }: SceneOptions): string {
  return `cluster-${mode}-${scheme}.json`;
}
