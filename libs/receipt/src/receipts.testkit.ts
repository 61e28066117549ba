/** Receipts of development clusters, made as a cluster makes them, always the same. */

import {
  clusterKeys,
  developmentCluster,
  developmentKey,
  developmentVotingKey,
  type ClusterConfig,
} from '@ccro/cluster-config';
import {
  clusterSize,
  type Decision,
  type RequestResult,
  type SlotPhase,
  type VerifiedMessage,
  type Vote,
} from '@ccro/consensus';
import {
  createDigests,
  createVerification,
  MessageSigner,
  RequestSigner,
  resultProof,
  type SchemeName,
} from '@ccro/crypto';
import { buildReceipt } from './receipt-maker.js';
import { formatReceipt, type Receipt } from './receipt.js';
import { ReceiptVerifier } from './receipt-verifier.js';

/** Which cluster and what it decided. */
export interface SceneOptions {
  readonly mode: ClusterConfig['mode'];
  readonly scheme: SchemeName;
  /** A commit certificate of a quorum, or a prepare certificate of all. */
  readonly phase: SlotPhase;
  /** Whether the requests of the batch were signed together. */
  readonly together: boolean;
  readonly nodes?: number;
}

export interface Scene {
  readonly config: ClusterConfig;
  readonly receipt: Receipt;
  readonly text: string;
  readonly verifier: ReceiptVerifier;
}

const CLUSTER = 'example';
const CLIENTS = ['gateway', 'other'];
/** Which of the batch's requests the receipt is of. */
const INDEX = 2;
const OPERATIONS = ['one', 'two', 'grün „€“ \u0001 "\\', 'four', 'five'];

export function configOf({ mode, scheme, nodes = 4 }: SceneOptions): ClusterConfig {
  return developmentCluster({
    nodes,
    mode,
    signature: scheme,
    cluster: CLUSTER,
    clients: CLIENTS,
  });
}

/** A decided batch of five requests, and the receipt of the third. */
export function sceneOf(options: SceneOptions): Scene {
  const config = configOf(options);
  const decision = decisionOf(config, options);
  const { view, sequence, digest: batch } = decision;
  const results: RequestResult[] = decision.requests.map(({ timestamp, digest }, index) => ({
    timestamp,
    request: digest,
    sequence,
    batch,
    result: JSON.stringify({ index: index + 1, text: 'grün' }),
  }));
  const { weakQuorum } = clusterSize(config.members.length);
  const proofs = signersOf(config)
    .slice(1, 1 + weakQuorum)
    .map((signer, at) => {
      const replica = 1 + at;
      const tally = { correct: 6, corrupt: at };
      // The first shows a reply with all results, the others the one result alone.
      const shown = at === 0 ? results : results.slice(INDEX, INDEX + 1);
      const reply = { kind: 'reply', replica, client: 'gateway', view, results: shown } as const;
      return resultProof(signer.sign({ ...reply, tally }), at === 0 ? INDEX : 0);
    });
  const request = decision.requests[INDEX]?.digest ?? '';
  const receipt = buildReceipt({ cluster: CLUSTER, decision, request, proofs });
  const verifier = new ReceiptVerifier(clusterKeys(config));
  return { config, receipt, text: formatReceipt(receipt), verifier };
}

function signersOf({ cluster, members, signature }: ClusterConfig): readonly MessageSigner[] {
  return members.map(({ id }) => {
    const votingSecretKey = signature === 'bls' ? developmentVotingKey(id).secretKey : undefined;
    const { secretKey } = developmentKey('node', id);
    return new MessageSigner({ cluster, replica: id, secretKey, votingSecretKey });
  });
}

function decisionOf(config: ClusterConfig, { phase, together }: SceneOptions): Decision {
  const { secretKey } = developmentKey('client', 'gateway');
  const client = new RequestSigner({ cluster: CLUSTER, secretKey });
  const drafts = OPERATIONS.map((data, index) => {
    const operation = JSON.stringify({ type: 'append', data });
    return client.digest({
      client: 'gateway',
      timestamp: 1_700_000_000_000_000 + index,
      operation,
    });
  });
  const requests = together ? client.signAll(drafts) : drafts.map((draft) => client.sign(draft));
  const slot = {
    view: 1,
    sequence: 7,
    digest: createDigests().batch(requests.map(({ digest }) => digest)),
  };
  const { scheme, verifier } = createVerification(clusterKeys(config));
  const { n, quorum } = clusterSize(config.members.length);
  const votes = signersOf(config)
    .slice(0, phase === 'prepare' ? n : quorum)
    .map((signer, replica) => signer.sign({ kind: 'vote', phase, ...slot, replica, attempt: 0 }))
    .map((vote) => verifier.verify(vote as Vote) as VerifiedMessage & Vote);
  return { kind: 'decision', ...slot, requests, certificate: scheme.assemble(votes) };
}

const MODES = ['pbft', 'ccro'] as const;
const SCHEMES = ['ed25519', 'bls'] as const;

/** Both modes, both schemes, single and listed requests; CCRO decides on its fast path. */
export const SCENES: readonly SceneOptions[] = MODES.flatMap((mode) =>
  SCHEMES.flatMap((scheme) =>
    [false, true].map((together) => ({
      mode,
      scheme,
      together,
      phase: mode === 'pbft' ? ('commit' as const) : ('prepare' as const),
    })),
  ),
);

export function nameOf({ mode, scheme, phase, together }: SceneOptions): string {
  return `${mode}-${scheme}-${phase}-${together ? 'listed' : 'single'}`;
}
