/**
 * Merges the reports of many nodes into events, which are shown and never acted upon.
 *
 * Invariants kept here (one liar decides nothing that is shown of the cluster):
 * - a slot and a decision are shown when f+1 nodes reported them;
 * - a figure of the cluster is the (f+1)st highest that nodes named: an honest one named as much;
 * - everything else names the node that said it;
 * - each node has its own share of every bound, so a node that floods its channel displaces no other.
 */

import type {
  ClusterEvent,
  EvidenceEvent,
  MessagesEvent,
  NodeReport,
  NodeState,
  ProgressEvent,
  ReportedDecision,
} from '@ccro/telemetry';
import { Claims } from './claims.js';

/** Most entries of one batch of events. Each node has its share of the messages. */
export const BATCH_LIMITS = { messages: 512, noticesPerNode: 4, evidencePerNode: 8 } as const;
/** Messages of one node that a batch has room for, however many nodes there are. */
const LEAST_SHARE = 8;
/** Slots and decisions of each node that wait for others to tell of them as well. */
const CLAIMS_PER_NODE = 32;
/** Numbers of omitted entries are cut off here. */
const MOST_OMITTED = 1_000_000;

type ToldMessage = MessagesEvent['messages'][number];

/** A witness accuses a node; unproven until the statements were checked. */
export type Accusation = Omit<EvidenceEvent, 'type' | 'standing'>;

export interface Batch {
  readonly events: readonly ClusterEvent[];
  readonly accusations: readonly Accusation[];
}

export class ReportMerger {
  private readonly states = new Map<number, NodeState>();
  private readonly slots: Claims<readonly ToldMessage[]>;
  private readonly decisions: Claims<ReportedDecision>;
  private messages: ToldMessage[] = [];
  /** Messages of this batch, by sender. */
  private readonly taken = new Map<number, number>();
  private notices: ClusterEvent[] = [];
  private accusations: Accusation[] = [];
  private readonly noticed = new Map<number, number>();
  private readonly accused = new Map<number, number>();
  /** Every which slot each node tells. */
  private readonly everyOf = new Map<number, number>();
  private omitted = 0;
  private readonly share: number;

  /**
   * @param weakQuorum f+1: so many nodes must tell the same
   * @param n number of nodes
   */
  constructor(
    private readonly weakQuorum: number,
    n: number,
  ) {
    this.slots = new Claims(weakQuorum, CLAIMS_PER_NODE);
    this.decisions = new Claims(weakQuorum, CLAIMS_PER_NODE);
    this.share = Math.max(Math.floor(BATCH_LIMITS.messages / n), LEAST_SHARE);
  }

  add(report: NodeReport): void {
    const { node } = report;
    this.states.set(node, report.state);
    this.everyOf.set(node, report.every);
    this.leaveOut(report.omitted);
    for (const message of report.messages) this.addMessage({ ...message, from: node });
    for (const decision of report.decisions) this.addDecision(node, decision);
    for (const told of report.progress) {
      if (!this.hasRoom(this.noticed, node, BATCH_LIMITS.noticesPerNode)) continue;
      this.notices.push({ type: 'progress', node, ...told } satisfies ProgressEvent);
    }
    for (const told of report.evidence) {
      if (!this.hasRoom(this.accused, node, BATCH_LIMITS.evidencePerNode)) continue;
      this.accusations.push({ witness: node, ...told });
    }
  }

  /** @returns what came since the last call, and forgets it */
  take(): Batch {
    const { messages, omitted, accusations } = this;
    const events: ClusterEvent[] = [...this.states].map(([node, state]) => ({
      type: 'node',
      node,
      state,
    }));
    if (messages.length > 0 || omitted > 0) {
      const every = this.saidByMore([...this.everyOf.values()]) ?? 1;
      events.push({ type: 'messages', every, messages, omitted });
    }
    events.push(...this.notices);
    this.states.clear();
    this.messages = [];
    this.taken.clear();
    this.notices = [];
    this.noticed.clear();
    this.accusations = [];
    this.accused.clear();
    this.omitted = 0;
    return { events, accusations };
  }

  /** Messages of a slot wait until f+1 nodes have told of it. */
  private addMessage(message: ToldMessage): void {
    const { from, sequence } = message;
    if (!this.hasRoom(this.taken, from, this.share)) return;
    if (sequence === null) {
      this.messages.push(message);
      return;
    }
    const about = String(sequence);
    if (this.slots.isAgreed(about)) {
      this.messages.push(message);
      return;
    }
    const earlier = this.slots.of(from, about) ?? [];
    if (earlier.length >= this.share) {
      this.leaveOut(1);
      return;
    }
    const told = this.slots.add(from, about, [...earlier, message]);
    for (const each of told?.values() ?? []) this.messages.push(...each);
  }

  private addDecision(node: number, said: ReportedDecision): void {
    const { sequence, digest, requests } = said;
    const words = this.decisions.add(node, `${sequence}:${digest}:${requests}`, said);
    if (words === undefined) return;
    const told = [...words.values()];
    const figure = (read: (each: ReportedDecision) => number): number =>
      this.saidByMore(told.map(read)) ?? 0;
    const durations = told.map(({ durationMs }) => durationMs);
    this.notices.push({
      ...{ type: 'decision', sequence, digest, requests },
      view: figure(({ view }) => view),
      fast: told.every(({ fast }) => fast),
      fellBack: told.every(({ fellBack }) => fellBack),
      durationMs: durations.includes(null) ? null : figure(({ durationMs }) => durationMs ?? 0),
      correct: figure(({ correct }) => correct),
      corrupt: figure(({ corrupt }) => corrupt),
    });
  }

  /** The (f+1)st highest of what nodes said. */
  private saidByMore(said: readonly number[]): number | undefined {
    return said.toSorted((a, b) => b - a)[this.weakQuorum - 1];
  }

  private hasRoom(counts: Map<number, number>, node: number, most: number): boolean {
    const count = counts.get(node) ?? 0;
    if (count >= most) this.leaveOut(1);
    else counts.set(node, count + 1);
    return count < most;
  }

  private leaveOut(entries: number): void {
    this.omitted = Math.min(this.omitted + entries, MOST_OMITTED);
  }
}
