/** Puts the reports of many nodes together into events. Nothing here is believed, only shown. */

import type {
  ClusterEvent,
  EvidenceEvent,
  MessagesEvent,
  NodeReport,
  NodeState,
  ProgressEvent,
  ReportedDecision,
} from '@ccro/telemetry';

/** Most entries of one batch of events. */
export const BATCH_LIMITS = { messages: 512, notices: 64 } as const;
/** Decisions that wait for more nodes to tell of them, or are told already. */
const MAX_DECISIONS = 256;

interface KnownDecision {
  readonly nodes: Set<number>;
  durationMs: number | null;
}

export class ReportMerger {
  private readonly states = new Map<number, NodeState>();
  private readonly decisions = new Map<string, KnownDecision>();
  private messages: MessagesEvent['messages'][number][] = [];
  private notices: ClusterEvent[] = [];
  private every = 1;
  private omitted = 0;

  /** @param weakQuorum f+1: so many nodes must tell the same of a decision */
  constructor(private readonly weakQuorum: number) {}

  add(report: NodeReport): void {
    const { node } = report;
    this.states.set(node, report.state);
    this.omitted += report.omitted;
    this.every = Math.max(this.every, report.every);
    for (const message of report.messages) {
      if (this.messages.length < BATCH_LIMITS.messages) {
        this.messages.push({ ...message, from: node });
      } else this.omitted += 1;
    }
    for (const decision of report.decisions) this.addDecision(node, decision);
    for (const told of report.progress) {
      this.notice({ type: 'progress', node, ...told } satisfies ProgressEvent);
    }
    for (const told of report.evidence) {
      this.notice({ type: 'evidence', witness: node, ...told } satisfies EvidenceEvent);
    }
  }

  /** @returns what came since the last call, and forgets it */
  take(): ClusterEvent[] {
    const { messages, every, omitted } = this;
    const events: ClusterEvent[] = [...this.states].map(([node, state]) => ({
      type: 'node',
      node,
      state,
    }));
    if (messages.length > 0 || omitted > 0) {
      events.push({ type: 'messages', every, messages, omitted });
    }
    events.push(...this.notices);
    this.states.clear();
    this.messages = [];
    this.notices = [];
    this.every = 1;
    this.omitted = 0;
    return events;
  }

  private addDecision(node: number, told: ReportedDecision): void {
    const { durationMs, ...decision } = told;
    const key = `${decision.sequence}:${decision.digest}`;
    const known = this.decisions.get(key) ?? { nodes: new Set(), durationMs: null };
    if (known.nodes.has(node) || known.nodes.size >= this.weakQuorum) return;
    known.nodes.add(node);
    if (durationMs !== null) known.durationMs = Math.max(known.durationMs ?? 0, durationMs);
    this.decisions.set(key, known);
    for (const oldest of this.decisions.keys()) {
      if (this.decisions.size <= MAX_DECISIONS) break;
      this.decisions.delete(oldest);
    }
    if (known.nodes.size < this.weakQuorum) return;
    this.notice({ type: 'decision', ...decision, durationMs: known.durationMs });
  }

  private notice(event: ClusterEvent): void {
    if (this.notices.length < BATCH_LIMITS.notices) this.notices.push(event);
    else this.omitted += 1;
  }
}
