/** The gateway's HTTP interface, as far as the command line tools use it. */

import type { ClusterStatus, DecidedAnswer, LedgerEntry } from '@ccro/gateway-app';

export type { DecidedAnswer, LedgerEntry };

export type SubmissionAnswer =
  | { readonly kind: 'decided'; readonly answer: DecidedAnswer }
  | {
      readonly kind: 'undecided';
      readonly httpStatus: number;
      readonly detail: string;
      readonly id: string | undefined;
    };

export interface NodeEvidence {
  readonly id: number;
  /** Votes of others on the node's newest decision; null when it has none. */
  readonly tally: { readonly correct: number; readonly corrupt: number } | null;
  readonly evidence: readonly { readonly accused: number; readonly kind: string }[];
}

/** `GET /status`, as far as it is used. */
type SeenStatus = Pick<ClusterStatus, 'view' | 'primary' | 'collector' | 'suspects'>;

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
  async suspects(): Promise<SeenStatus['suspects']> {
    const { suspects } = await this.status();
    return suspects;
  }

  /** The cluster as f+1 nodes see it. */
  async status(): Promise<SeenStatus> {
    return (await (await this.get('/status')).json()) as SeenStatus;
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
