import { quorumSize, type Certificate } from '@ccro/consensus';
import { bytes } from '@ccro/primitives';
import { wrongDigest, type BehaviourContext, type Conduct } from '../behaviour.js';

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
  const { signers, signatures } = certificate.proof;
  const few = quorumSize(n) - 1;
  const perSigner = signatures.length === signers.length;
  return {
    ...certificate,
    proof: {
      ...certificate.proof,
      signers: signers.slice(0, few),
      signatures: perSigner ? signatures.slice(0, few) : signatures,
    },
  };
}

/** The number of signatures is right, but one signer counts twice. */
function duplicateSigner(certificate: Certificate, context: BehaviourContext): Certificate {
  const { proof } = belowQuorum(certificate, context);
  const again = <T>(items: readonly T[]): T[] => [...items.slice(0, 1), ...items];
  // An aggregate stays one signature, whatever signers it names.
  const isAggregate = certificate.proof.signatures.length === 1;
  const signatures = isAggregate ? proof.signatures : again(proof.signatures);
  return { ...certificate, proof: { ...proof, signers: again(proof.signers), signatures } };
}
