/**
 * Certificates of one BLS12-381 aggregate signature, whatever the number of signers. Keys are in
 * G1, where adding up the signers' keys is cheapest, signatures in G2; checking a certificate is
 * one comparison of two pairings.
 *
 * Invariant kept here (certificates): what is marked as verified is a vote that is valid by itself.
 * That a sum of signatures holds does not show it: two liars can send s₁ + d and s₂ − d. So a group
 * of votes is checked as a sum with random coefficients, which the differences survive with
 * probability 2⁻⁶⁴; after that any subset makes a certificate that holds. The coefficients change
 * no outcome, so that a simulation stays repeatable.
 */

import {
  type Certificate,
  clusterSize,
  type RejectCode,
  type Verified,
  type ReplicaId,
  type Vote,
} from '@ccro/consensus';
import {
  bls,
  type BlsPublicKey,
  type BlsSignature,
  type BlsVote,
  bytes as port,
} from '@ccro/primitives';
import { LRUCache } from 'lru-cache';
import { findHolding } from './bisection.js';
import { certificateOf, refuseProof, type SignatureScheme } from './certificate-scheme.js';
import { countChecked } from './signature-counts.js';
import { voteBytes } from './signing-bytes.js';
import {
  blsSignatureBytes,
  parseBlsSignature,
  voteSignatureBytes,
  type VotingKeys,
} from './voting-keys.js';

const NAME = 'bls';

/** Sets of signers whose aggregate keys are remembered: the same few come again and again. */
const REMEMBERED_SIGNER_SETS = 256;
/** Certificates known to hold: a certificate comes again inside decisions and view-changes. */
const REMEMBERED_CERTIFICATES = 1024;

export interface BlsSchemeOptions {
  readonly cluster: string;
  readonly keys: VotingKeys;
}

/** Each replica has a scheme of its own: what one has checked says nothing to the others. */
export function createBlsScheme({ cluster, keys }: BlsSchemeOptions): SignatureScheme {
  const size = clusterSize(keys.size);
  const aggregateKeys = new LRUCache<string, BlsPublicKey>({ max: REMEMBERED_SIGNER_SETS });
  const holding = new LRUCache<string, true>({ max: REMEMBERED_CERTIFICATES });

  function refuseVote(vote: Vote): RejectCode | undefined {
    const key = keys.parsed[vote.replica];
    if (key === undefined) return 'unknown-member';
    const signature = parseBlsSignature(voteSignatureBytes(vote.signature));
    const holds = signature !== undefined && checked(voteBytes(cluster, vote), key, signature);
    return holds ? undefined : 'bad-signature';
  }

  function refuseVotes(votes: readonly Vote[]): (RejectCode | undefined)[] {
    const [first] = votes;
    if (first === undefined) return [];
    const bytes = voteBytes(cluster, first);
    const refusals = votes.map<RejectCode | undefined>((vote) =>
      keys.parsed[vote.replica] === undefined ? 'unknown-member' : 'bad-signature',
    );
    const signed = votes.flatMap(({ replica, signature }, index) => {
      const pk = keys.parsed[replica];
      const sig = voteSignatureBytes(signature);
      return pk === undefined || sig === undefined ? [] : [{ index, pk, sig }];
    });
    findHolding(signed, (part) => groupHolds(bytes, part)).forEach((holds, at) => {
      const index = signed[at]?.index;
      if (holds && index !== undefined) refusals[index] = undefined;
    });
    return refusals;
  }

  function aggregateKey(signers: readonly ReplicaId[]): BlsPublicKey {
    const name = signers.join();
    const known = aggregateKeys.get(name);
    if (known !== undefined) return known;
    const aggregate = bls.addKeys(signers.flatMap((signer) => keys.parsed[signer] ?? []));
    aggregateKeys.set(name, aggregate);
    return aggregate;
  }

  const refuseForm = ({ proof }: Certificate): RejectCode | undefined =>
    refuseProof(proof, NAME, size, 1);

  function refuseCertificate(certificate: Certificate): RejectCode | undefined {
    const refusal = refuseForm(certificate);
    if (refusal !== undefined) return refusal;
    const { signers, signatures } = certificate.proof;
    const [signature] = signatures;
    if (signature === undefined) return 'certificate-bad-signature';
    const bytes = voteBytes(cluster, certificate);
    const name = [port.toText(bytes, 'latin1'), signers.join(), signature].join();
    if (holding.has(name)) return undefined;
    const parsed = parseBlsSignature(blsSignatureBytes(signature));
    if (parsed === undefined || !checked(bytes, aggregateKey(signers), parsed)) {
      return 'certificate-bad-signature';
    }
    holding.set(name, true);
    return undefined;
  }

  // An aggregate is one signature: there is no part of it to leave out.
  const remember = (): void => undefined;

  const ofVotes = { refuseVote, refuseVotes, remember, assemble };
  return { name: NAME, checksTogether: true, ...ofVotes, refuseForm, refuseCertificate };
}

/** Whether every signature is one of its key under `bytes`; false for what is no signature. */
function groupHolds(bytes: Uint8Array, part: readonly BlsVote[]): boolean {
  try {
    const sum = bls.addWithRandomness(part);
    return checked(bytes, sum.pk, sum.sig);
  } catch {
    return false;
  }
}

/** One check, of a signature or of an aggregate. */
function checked(bytes: Uint8Array, key: BlsPublicKey, signature: BlsSignature): boolean {
  countChecked();
  return bls.verify(bytes, key, signature);
}

/** Each vote was found valid by itself, so what is put together of them needs no check. */
function assemble(votes: readonly Vote[]): Verified<Certificate> {
  return certificateOf(votes, NAME, (ascending) => {
    const signatures = ascending.map(({ signature }) => port.from(signature, 'base64url'));
    return [port.toText(bls.addSignatures(signatures).toBytes(), 'base64url')];
  });
}
