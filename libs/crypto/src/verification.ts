import type { ClientId } from '@ccro/consensus';
import type { SignatureScheme } from './certificate-scheme.js';
import { createEd25519Scheme } from './ed25519-scheme.js';
import { Verifier, type VerifierOptions } from './verifier.js';

/** The public keys of a cluster: all that is needed to check what its members and clients say. */
export interface ClusterKeys {
  readonly cluster: string;
  /** By replica id; base64url. */
  readonly members: readonly string[];
  /** Base64url. */
  readonly clients: ReadonlyMap<ClientId, string>;
}

/**
 * The signature scheme of a cluster and a verifier that uses it.
 *
 * @throws KeyError for a malformed key, or one that two members share
 */
export function createVerification(
  { cluster, members, clients }: ClusterKeys,
  options: Pick<VerifierOptions, 'knownRequest'> = {},
): { readonly scheme: SignatureScheme; readonly verifier: Verifier } {
  const scheme = createEd25519Scheme({ cluster, members });
  return { scheme, verifier: new Verifier({ cluster, members, clients, scheme, ...options }) };
}
