/** The gateway's HTTP interface, as far as the command line tools use it. */

import type { Suspect } from './report/consensus-report.js';

/** A decided request as `POST /requests` answers it. */
export interface DecidedAnswer {
  readonly id: string;
  readonly status: 'decided';
  readonly mode: 'pbft' | 'ccro';
  readonly view: number;
  readonly sequence: number;
  readonly digest: string;
  readonly result: unknown;
  readonly consensusTimeMs: number;
  readonly nodes: readonly {
    readonly id: number;
    readonly role: string;
    readonly correct: number | null;
    readonly corrupt: number | null;
  }[];
}

export type SubmissionAnswer =
  | { readonly kind: 'decided'; readonly answer: DecidedAnswer }
  | {
      readonly kind: 'undecided';
      readonly httpStatus: number;
      readonly detail: string;
      readonly id: string | undefined;
    };

/** A decided slot of `GET /ledger`. */
export interface LedgerEntry {
  readonly sequence: number;
  readonly digest: string;
  readonly requests: readonly {
    readonly client: string;
    readonly timestamp: number;
    /** JSON text, as the client signed it. */
    readonly operation: string;
  }[];
}

export interface NodeEvidence {
  readonly id: number;
  /** Votes of others on the node's newest decision; null when it has none. */
  readonly tally: { readonly correct: number; readonly corrupt: number } | null;
  readonly evidence: readonly { readonly accused: number; readonly kind: string }[];
}

/** `GET /status`, as far as it is used. */
export interface ClusterStatus {
  readonly view: number;
  readonly primary: number;
  /** Null where there is none (PBFT), or f+1 nodes do not name the same one. */
  readonly collector: number | null;
  readonly suspects: readonly Suspect[];
}

interface Problem {
  readonly title?: string;
  readonly detail?: string;
  readonly id?: string;
}

export class GatewayApi {
  private readonly headers: Readonly<Record<string, string>>;

  /** @param key where the gateway needs one */
  constructor(
    private readonly url: string,
    key?: string,
  ) {
    this.headers = key === undefined ? {} : { authorization: `Bearer ${key}` };
  }

  /** `POST /requests`. @param body `{"data": ...}` or `{"operation": {...}}` */
  async submit(body: unknown): Promise<SubmissionAnswer> {
    const response = await fetch(`${this.url}/requests`, {
      method: 'POST',
      headers: { ...this.headers, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    const answer: unknown = await response.json();
    if (response.ok) return { kind: 'decided', answer: answer as DecidedAnswer };
    const { title, detail, id } = answer as Problem;
    const text = detail ?? title ?? 'no explanation';
    return { kind: 'undecided', httpStatus: response.status, detail: text, id };
  }

  /** The first hundred decided slots. */
  async ledger(): Promise<readonly LedgerEntry[]> {
    const response = await this.get('/ledger?from=1&limit=100');
    const page = (await response.json()) as { readonly decisions: readonly LedgerEntry[] };
    return page.decisions;
  }

  /** Who is accused of what, and what that rests on. */
  async suspects(): Promise<readonly Suspect[]> {
    const { suspects } = await this.status();
    return suspects;
  }

  /** The cluster as f+1 nodes see it. */
  async status(): Promise<ClusterStatus> {
    return (await (await this.get('/status')).json()) as ClusterStatus;
  }

  /** What each node that answers has against others. */
  async evidence(): Promise<NodeEvidence[]> {
    const response = await this.get('/nodes');
    const { nodes } = (await response.json()) as { nodes: readonly { id: number }[] };
    return Promise.all(nodes.map(({ id }) => this.evidenceOf(id)));
  }

  private get(path: string): Promise<Response> {
    return fetch(`${this.url}${path}`, { headers: this.headers });
  }

  private async evidenceOf(id: number): Promise<NodeEvidence> {
    const response = await this.get(`/nodes/${id}/status`);
    if (!response.ok) return { id, tally: null, evidence: [] };
    const { evidence = [], tally = null } = (await response.json()) as Partial<NodeEvidence>;
    return { id, tally, evidence };
  }
}
