export { refuseSigners, type SchemeName, type SignatureScheme } from './certificate-scheme.js';
export { deriveRequest, type RequestFields } from './derived-request.js';
export {
  createDigests,
  replyLeaves,
  requestDigest,
  resultLeaf,
  resultProof,
  type ResultProof,
  resultsRoot,
  sha256,
} from './digests.js';
export { Doubt, type Origin } from './doubt.js';
export { createEd25519Scheme, type Ed25519SchemeOptions } from './ed25519-scheme.js';
export {
  generateKeyPair,
  KeyError,
  type KeyErrorCode,
  type KeyPair,
  keyPairFromSeed,
  parsePublicKey,
  publicKeyOf,
} from './keys.js';
export { merklePath, type MerklePath, merkleRoot, verifyPath } from './merkle.js';
export {
  type DigestedDraft,
  type MemberMessage,
  MessageSigner,
  type MessageSignerOptions,
  type RequestDraft,
  RequestSigner,
  type RequestSignerOptions,
  type SealedMessage,
  type SignedForm,
} from './signer.js';
export { signatureCounts, type SignatureCounts } from './signature-counts.js';
export {
  type AnswerStatement,
  answerBytes,
  type QueryStatement,
  queryBytes,
  replyBytes,
  type ReplyHeader,
  requestBytes,
  requestListBytes,
  voteBytes,
  type VoteSubject,
} from './signing-bytes.js';
export { viewChangeBytes, viewChangeDigest } from './view-change.js';
export { type ClusterKeys, createVerification, type Verification } from './verification.js';
export { isRejected, Verifier, type VerifierOptions } from './verifier.js';
export {
  generateVotingKeyPair,
  type ProvenKey,
  VotingKeys,
  type VotingKeyPair,
  votingKeyPairFromSeed,
} from './voting-keys.js';
export { isWellFormed } from './well-formed.js';
