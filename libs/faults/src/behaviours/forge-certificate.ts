import { quorumSize, type Certificate } from '@ccro/consensus';
import { bytes } from '@ccro/primitives';
import type { Conduct, BehaviourContext } from '../behaviour.js';
import { wrongDigest } from '../wrong-digest.js';

type Forgery = (certificate: Certificate, context: BehaviourContext) => Certificate;

/** One way after the other, from any of them on: each must be refused for a reason of its own. */
const FORGERIES: readonly Forgery[] = [
  wrongDigestUnderStolenSignatures,
  garbageSignatures,
  belowQuorum,
  duplicateSigner,
];

/** Never sends a true certificate, only forged ones. Otherwise honest. */
export function forgeCertificate(context: BehaviourContext): Conduct {
  let forged = Math.floor(context.random() * FORGERIES.length);
  return {
    hears: () => true,
    outgoing(send) {
      const { message } = send;
      if (message.kind !== 'certificate') return [send];
      const forge = FORGERIES[forged % FORGERIES.length] ?? wrongDigestUnderStolenSignatures;
      forged += 1;
      return [{ ...send, message: forge(message, context) }];
    },
  };
}

function wrongDigestUnderStolenSignatures(certificate: Certificate): Certificate {
  return { ...certificate, digest: wrongDigest(certificate.digest) };
}

/** Of the right length and encoding, so that only verifying them shows what they are. */
function garbageSignatures(certificate: Certificate, { random }: BehaviourContext): Certificate {
  const signatures = certificate.proof.signatures.map((signature) => {
    const { length } = bytes.from(signature, 'base64url');
    const garbage = Uint8Array.from({ length }, () => Math.floor(random() * 256));
    return bytes.toText(garbage, 'base64url');
  });
  return { ...certificate, proof: { ...certificate.proof, signatures } };
}

/** All signatures are true, but one is missing. */
function belowQuorum(certificate: Certificate, { n }: BehaviourContext): Certificate {
  return withSigners(certificate, (_, index) => index < quorumSize(n) - 1);
}

/** The number of signatures is right, but one signer counts twice. */
function duplicateSigner(certificate: Certificate, { n }: BehaviourContext): Certificate {
  const { proof } = withSigners(certificate, (_, index) => index < quorumSize(n) - 1);
  const [signer] = proof.signers;
  const [signature] = proof.signatures;
  return {
    ...certificate,
    proof: {
      ...proof,
      signers: signer === undefined ? [] : [signer, ...proof.signers],
      // An aggregate stays one signature, whatever signers it names.
      signatures:
        signature === undefined || certificate.proof.signatures.length === 1
          ? proof.signatures
          : [signature, ...proof.signatures],
    },
  };
}

function withSigners(
  certificate: Certificate,
  keep: (item: unknown, index: number) => boolean,
): Certificate {
  const { signers, signatures } = certificate.proof;
  const perSigner = signatures.length === signers.length;
  return {
    ...certificate,
    proof: {
      ...certificate.proof,
      signers: signers.filter(keep),
      signatures: perSigner ? signatures.filter(keep) : signatures,
    },
  };
}
