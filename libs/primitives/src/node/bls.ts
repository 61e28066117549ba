import blst from '@chainsafe/blst';
import type { Bls } from '../port.js';

/** By blst; of the keys and signatures that it is given, all came from it. */
export const bls: Bls = {
  secretKeyFrom: (seed) => blst.SecretKey.fromKeygen(seed),
  publicKeyFrom: (bytes) => blst.PublicKey.fromBytes(bytes, true),
  signatureFrom: (bytes) => blst.Signature.fromBytes(bytes, true),
  verify: (message, key: blst.PublicKey, signature: blst.Signature) =>
    blst.verify(message, key, signature),
  verifyAll: (signed: blst.SignatureSet[]) => blst.verifyMultipleAggregateSignatures(signed),
  verifySum: (message, keys: blst.PublicKey[], signature: blst.Signature) =>
    blst.fastAggregateVerify(message, keys, signature, true),
  addKeys: (keys: blst.PublicKey[]) => blst.aggregatePublicKeys(keys),
  addSignatures: (signatures: Uint8Array[]) => blst.aggregateSerializedSignatures(signatures),
  addWithRandomness: (votes: blst.PkAndSerializedSig[]) => blst.aggregateWithRandomness(votes),
};
