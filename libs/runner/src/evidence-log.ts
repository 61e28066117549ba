import type { Evidence, ReplicaId } from '@ccro/consensus';

/** Bytes of statements that are kept, about as they travel: what is shown of them is one message. */
export const MAX_STATEMENT_BYTES = 512 * 1024;
/** Of a statement, beside its lists: names, numbers, a digest, a signature. */
const STATEMENT_BYTES = 512;
/** Of a digest, and of a signer with its signature, in a list. */
const DIGEST_BYTES = 67;
const SIGNATURE_BYTES = 96;

/** The newest evidence of one kind against one replica, and how often there was some. */
export interface EvidenceEntry {
  readonly accused: ReplicaId;
  readonly kind: Evidence['kind'];
  readonly count: number;
  /** Without the bodies of requests, which no signature covers; undefined where there is no room. */
  readonly latest: Evidence | undefined;
}

/**
 * Keeps evidence in bounded memory: one entry per accused replica and kind, and of statements, whose
 * length their liars choose, the newest up to a number of bytes.
 */
export class EvidenceLog {
  private readonly counts = new Map<string, Omit<EvidenceEntry, 'latest'>>();
  /** The newest at the end. */
  private readonly statements = new Map<string, Evidence>();
  private bytes = 0;
  private listed: readonly EvidenceEntry[] | undefined;

  add(evidence: Evidence): void {
    this.listed = undefined;
    const { accused, kind } = evidence;
    const key = `${accused}:${kind}`;
    const count = (this.counts.get(key)?.count ?? 0) + 1;
    this.counts.set(key, { accused, kind, count });
    this.forget(key);
    this.statements.set(key, withoutBodies(evidence));
    this.bytes += bytesOf(evidence);
    for (const oldest of this.statements.keys()) {
      if (this.bytes <= MAX_STATEMENT_BYTES) break;
      this.forget(oldest);
    }
  }

  /** The same array until something is added, so that it need be encoded only once. */
  entries(): readonly EvidenceEntry[] {
    this.listed ??= [...this.counts].map(([key, entry]) => ({
      ...entry,
      latest: this.statements.get(key),
    }));
    return this.listed;
  }

  private forget(key: string): void {
    const statement = this.statements.get(key);
    if (statement === undefined) return;
    this.statements.delete(key);
    this.bytes -= bytesOf(statement);
  }
}

function withoutBodies(evidence: Evidence): Evidence {
  if (evidence.kind !== 'conflicting-proposals') return evidence;
  const [one, other] = evidence.proposals;
  return {
    ...evidence,
    proposals: [
      { ...one, bodies: [] },
      { ...other, bodies: [] },
    ],
  };
}

/** The same with and without bodies. */
function bytesOf(evidence: Evidence): number {
  switch (evidence.kind) {
    case 'conflicting-proposals': {
      const requests = evidence.proposals.reduce((sum, each) => sum + each.requests.length, 0);
      return 2 * STATEMENT_BYTES + requests * DIGEST_BYTES;
    }
    case 'vote-against-decision': {
      const { signers } = evidence.certificate.proof;
      return 2 * STATEMENT_BYTES + signers.length * SIGNATURE_BYTES;
    }
    case 'conflicting-votes':
      return 2 * STATEMENT_BYTES;
    case 'wrong-chunk':
    case 'collector-failed':
      return STATEMENT_BYTES;
  }
}
