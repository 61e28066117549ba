/**
 * Certificates in view-changes, and their proofs. The sender of a view-change signs only what each
 * certificate states, so it is sent without the signatures inside: nearly every replica holds a
 * certificate for the same statement, and a replica that does not asks for the proof.
 *
 * Invariant kept here (certificates): a view-change counts for a new view only once every certificate
 * that it reports was proven by one that this replica verified, from any sender. Which quorum
 * signed makes no difference: any quorum proves the same.
 */

import type {
  Certificate,
  SlotReport,
  StableCheckpoint,
  Verified,
  ViewChange,
} from '../messages/index.js';

/** What a certificate says, without who says so. */
type Statement = Pick<Certificate, 'phase' | 'view' | 'sequence' | 'digest'>;

/** One string for each statement, for maps. */
export function statementName({ phase, view, sequence, digest }: Statement): string {
  return `${phase}/${view}/${sequence}/${digest}`;
}

/** Whether the signatures were left out: it is then a claim, and proves nothing. */
export function isBare({ proof }: Certificate): boolean {
  return proof.signers.length === 0 && proof.signatures.length === 0;
}

/** All certificates in a view-change, bare ones included. */
export function certificatesIn({
  stable,
  slots,
}: Pick<ViewChange, 'stable' | 'slots'>): Certificate[] {
  const prepared = slots.flatMap(({ certificate }) => (certificate === null ? [] : [certificate]));
  return stable.certificate === null ? prepared : [stable.certificate, ...prepared];
}

/** The same with each certificate exchanged for one of the same statement. */
export function withCertificates<V extends Pick<ViewChange, 'stable' | 'slots'>>(
  viewChange: V,
  exchange: <C extends Certificate>(certificate: C) => C,
): V {
  const stable: StableCheckpoint = {
    ...viewChange.stable,
    certificate: viewChange.stable.certificate && exchange(viewChange.stable.certificate),
  };
  const slots = viewChange.slots.map((slot): SlotReport => ({
    ...slot,
    certificate: slot.certificate && exchange(slot.certificate),
  }));
  return { ...viewChange, stable, slots };
}

/** The same without signatures in its certificates: a fortieth of the size, or less. */
export function withoutProofs<V extends Pick<ViewChange, 'stable' | 'slots'>>(viewChange: V): V {
  return withCertificates(viewChange, bare);
}

/** The claim alone. */
export function bare<C extends Certificate>(certificate: C): C {
  const { scheme } = certificate.proof;
  return { ...certificate, proof: { scheme, signers: [], signatures: [] } };
}

/** Certificates that this replica verified or made, by what they say. */
export class Proofs {
  private readonly known = new Map<string, Verified<Certificate>>();
  /** View-changes that were completed: hundreds are asked for again with each one that comes. */
  private readonly completed = new WeakMap<ViewChange, Verified<ViewChange>>();

  /** Keeps those that are proven. @returns whether there was news in it */
  learn(certificates: readonly Certificate[]): boolean {
    let news = false;
    for (const certificate of certificates) {
      if (isBare(certificate)) continue;
      const name = statementName(certificate);
      if (this.known.has(name)) continue;
      // Verifying a view-change verifies every certificate in it that is not bare.
      this.known.set(name, certificate as Verified<Certificate>);
      news = true;
    }
    return news;
  }

  /** Statements of a view-change that nothing here proves. */
  unprovenIn(viewChange: Pick<ViewChange, 'stable' | 'slots'>): string[] {
    return certificatesIn(viewChange)
      .filter(isBare)
      .map(statementName)
      .filter((name) => !this.known.has(name));
  }

  /** The view-change with all proofs in it; undefined while one is missing. */
  complete(viewChange: Verified<ViewChange>): Verified<ViewChange> | undefined {
    const earlier = this.completed.get(viewChange);
    if (earlier !== undefined) return earlier;
    const isComplete = !certificatesIn(viewChange).some(isBare);
    if (!isComplete && this.unprovenIn(viewChange).length > 0) return undefined;
    const complete = isComplete ? viewChange : this.withProofs(viewChange);
    this.completed.set(viewChange, complete);
    return complete;
  }

  private withProofs(viewChange: Verified<ViewChange>): Verified<ViewChange> {
    return withCertificates(viewChange, (certificate) => {
      const proven = this.known.get(statementName(certificate));
      return proven === undefined ? certificate : (proven as unknown as typeof certificate);
    });
  }

  /** Forgets all but what `viewChanges` hold. */
  keepOnly(viewChanges: Iterable<ViewChange>): void {
    const wanted = new Set<string>();
    for (const each of viewChanges)
      for (const one of certificatesIn(each)) wanted.add(statementName(one));
    for (const name of this.known.keys()) if (!wanted.has(name)) this.known.delete(name);
  }
}
