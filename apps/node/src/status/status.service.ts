import { Inject, Injectable } from '@nestjs/common';
import type { TrafficCount } from '@ccro/broker';
import {
  maxFaulty,
  STANDING_OF,
  type Evidence,
  type Settings,
  type Standing,
  type Waiting,
} from '@ccro/consensus';
import type { EvidenceEntry } from '@ccro/runner';
import { json, type WireMessage } from '@ccro/wire';
import { NODE_OPTIONS, type NodeOptions } from '../node-options.js';
import { ReplicaService, type DecisionCounts } from '../replica/replica.service.js';
import { ShownState } from './shown-state.js';

/** A node's role, in the seed's words, which reports use. */
export type NodeRole = 'commander' | 'communication' | 'replica';

/** Evidence as the status shows it: the statements as they travel, so that others can check them. */
interface ShownEvidence extends Omit<EvidenceEntry, 'latest'> {
  readonly standing: Standing;
  /** Undefined where there was no room to keep it. */
  readonly latest: object | undefined;
}

/** What a node says of itself over HTTP and to the gateway. */
export interface NodeStatus {
  readonly id: number;
  /** False while the node plays dead (`offline` fault). */
  readonly up: boolean;
  readonly mode: 'pbft' | 'ccro';
  /** The state machine of the cluster's users, as `name@version`. */
  readonly stateMachine: string | null;
  readonly role: NodeRole;
  readonly view: number;
  /** False while the view is being changed. */
  readonly active: boolean;
  readonly primary: number;
  readonly collector: number | null;
  readonly lastExecuted: number;
  readonly stableCheckpoint: number;
  readonly lowWatermark: number;
  readonly highWatermark: number;
  /** Slots in memory. */
  readonly slots: number;
  readonly pooledRequests: number;
  /** What the node waits for; null when there is nothing to do. */
  readonly waiting: Waiting | null;
  /** Why `/health/ready` says no; null when it says yes. */
  readonly notReady: string | null;
  /** Slots executed since the start: decided in one round of votes, in two, or learnt from others. */
  readonly decisions: DecisionCounts;
  readonly ledgerHead: string;
  /** Of the state after slot `stateAt`: equal on all honest nodes for the same slot. */
  readonly stateDigest: string;
  /** `lastExecuted`, unless the state is so large that its digest is made now and then only. */
  readonly stateAt: number;
  /** What all nodes and clients must have alike: names, and parts of digests. */
  readonly settings: Settings;
  /** What the records of this node survive. */
  readonly durability: 'fsync' | 'async' | 'memory';
  readonly fault: string | null;
  readonly tolerates: number;
  /** Messages not used, by reason. */
  readonly rejects: Readonly<Record<string, number>>;
  /** Votes whose signature does not hold, by the node they name; any sender can name it. */
  readonly badVotes: Readonly<Record<string, number>>;
  /** Who was caught at what, or is suspected of it: the newest case of each kind. */
  readonly evidence: readonly ShownEvidence[];
  /** Votes of others on the newest decision, for and against it. */
  readonly tally: { readonly correct: number; readonly corrupt: number } | null;
  /** What this node published, as the broker counted it. */
  readonly traffic: TrafficCount;
  readonly received: number;
  readonly unsent: number;
  readonly brokerConnected: boolean;
  readonly uptimeMs: number;
}

/** Puts together what a node says of itself. */
@Injectable()
export class StatusService {
  private readonly startedAtMs = performance.now();
  private shown: Made<readonly EvidenceEntry[], readonly ShownEvidence[]> | undefined;
  private readonly state = new ShownState(() => this.replica.runner.stateDigest());
  private spelled: Made<readonly ShownEvidence[], string> | undefined;

  constructor(
    @Inject(NODE_OPTIONS) private readonly options: NodeOptions,
    private readonly replica: ReplicaService,
  ) {}

  /** As JSON. Nobody needs a key to ask, so evidence, up to 512 KiB of it, is spelled once and not for each. */
  text(): string {
    const { evidence, ...others } = this.current();
    if (this.spelled?.from !== evidence) {
      this.spelled = { from: evidence, made: JSON.stringify(evidence) };
    }
    return `${JSON.stringify(others).slice(0, -1)},"evidence":${this.spelled.made}}`;
  }

  current(): NodeStatus {
    const { facts, self, broker, storage } = this.options;
    const { runner } = this.replica;
    const { primary, collector, ...status } = runner.status();
    const { received, rejects, badVotes, unsent } = runner.counters();
    const { published, deliveries, deliveredBytes } = broker.traffic().total;
    return {
      id: self,
      up: runner.fault !== 'offline',
      mode: facts.mode,
      stateMachine: facts.stateMachine ?? null,
      settings: facts.settings,
      role: roleOf(self, primary, collector),
      primary,
      collector: collector ?? null,
      ...status,
      waiting: runner.waiting() ?? null,
      notReady: this.replica.notReady() ?? null,
      decisions: this.replica.decisions,
      ...this.state.at(status.lastExecuted),
      durability: storage.durability,
      fault: runner.fault ?? null,
      tolerates: maxFaulty(facts.members.length),
      rejects,
      badVotes,
      evidence: this.evidence(),
      tally: runner.tally(status.lastExecuted) ?? null,
      traffic: { published, deliveries, deliveredBytes },
      received,
      unsent,
      brokerConnected: broker.connected,
      uptimeMs: Math.round(performance.now() - this.startedAtMs),
    };
  }

  private evidence(): readonly ShownEvidence[] {
    const entries = this.replica.runner.evidence.entries();
    if (this.shown?.from !== entries) {
      this.shown = { from: entries, made: entries.map(shownEvidence) };
    }
    return this.shown.made;
  }
}

/** What was made of something, to be made anew when that is another. */
interface Made<From, To> {
  readonly from: From;
  readonly made: To;
}

function roleOf(self: number, primary: number, collector: number | undefined): NodeRole {
  if (self === primary) return 'commander';
  return self === collector ? 'communication' : 'replica';
}

function shownEvidence({ accused, kind, count, latest }: EvidenceEntry): ShownEvidence {
  return { accused, kind, standing: STANDING_OF[kind], count, latest: latest && shownCase(latest) };
}

function shownCase(evidence: Evidence): object {
  const { kind, accused } = evidence;
  switch (kind) {
    case 'conflicting-votes':
      return { kind, accused, votes: evidence.votes.map(travelForm) };
    case 'conflicting-proposals':
      return { kind, accused, proposals: evidence.proposals.map(travelForm) };
    case 'vote-against-decision': {
      const certificate = travelForm(evidence.certificate);
      const decided = evidence.certificate.digest;
      return { kind, accused, vote: travelForm(evidence.vote), decided, certificate };
    }
    case 'wrong-chunk':
    case 'collector-failed':
      return evidence;
  }
}

function travelForm(message: WireMessage): unknown {
  return JSON.parse(json.encode(message).toString());
}
