import {
  Inject,
  Injectable,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { CcroClient, ClientError, roleOf, type NodeRole, type Roles } from '@ccro/client';
import { primaryOf, type ReplicaId, type View } from '@ccro/consensus';
import { ProblemException } from '@ccro/http';
import type { NodeQuery } from '@ccro/wire';
import { BrokerWatch } from '../connection/broker-watch.js';
import { GATEWAY_SETTINGS, type GatewaySettings } from '../settings/gateway.options.js';
import { Endings } from '../queue/endings.js';
import { REQUEST_QUEUE, type RequestQueue } from '../queue/request-queue.js';
import { EvidenceJudge } from './evidence-judge.js';
import { readNodeStatus, type NodeStatus } from './node-status.js';
import { suspectsIn, type Suspect } from './suspects.js';

/** One line of `GET /nodes`. Fields are null for a node that does not answer. */
export interface NodeSummary {
  readonly id: ReplicaId;
  readonly role: NodeRole;
  /** Whether it answers, and does not play dead. */
  readonly up: boolean;
  readonly view: number | null;
  readonly lastExecuted: number | null;
  /** Votes it saw for and against the newest decision. */
  readonly tally: { readonly correct: number; readonly corrupt: number } | null;
  /** The fault that was injected into it, if it says so. */
  readonly fault: string | null;
}

/** Answer of `GET /status`. */
export interface ClusterStatus {
  readonly cluster: string;
  readonly mode: 'ccro' | 'pbft';
  readonly n: number;
  readonly f: number;
  readonly quorum: number;
  /** What f+1 nodes have reached: at least one of them is honest. */
  readonly view: number;
  readonly lastExecuted: number;
  readonly primary: ReplicaId;
  readonly collector: ReplicaId | null;
  /** Ids of the nodes that answer. */
  readonly up: readonly ReplicaId[];
  readonly brokerConnected: boolean;
  readonly suspects: readonly Suspect[];
}

/** How long what nodes said of themselves is told to others too, in milliseconds. */
const FRESH_MS = 200;
const FRESH_MS_PER_NODE = 5;

/** How often the nodes are asked; readiness asks them whenever it is asked. */
const LOOK_EVERY_MS = 10_000;

/** What a node said of itself, or is about to say. */
interface AskedStatus {
  /** Undefined for no valid answer in time. */
  readonly answer: Promise<NodeStatus | undefined>;
  /** Until when others are told it too; while it is open for as long as it is. */
  untilMs: number;
}

/**
 * Asks the nodes for their status and merges the answers. Concurrent callers share one query per node,
 * and its answer for a short time, so the load on nodes does not grow with the number of callers.
 */
@Injectable()
export class ClusterService implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly asked = new Map<ReplicaId, AskedStatus>();
  private timer: NodeJS.Timeout | undefined;

  constructor(
    @Inject(GATEWAY_SETTINGS) private readonly settings: GatewaySettings,
    private readonly client: CcroClient,
    private readonly broker: BrokerWatch,
    private readonly judge: EvidenceJudge,
    endings: Endings,
    @Inject(REQUEST_QUEUE) queue: RequestQueue,
  ) {
    // A caller that waited for a decision may ask for its effect at once, so the answers are dropped.
    // While more requests are pending, the time for which they are kept is short enough.
    endings.onFinished(() => {
      if (queue.counts().pending === 0) this.forget();
    });
  }

  /**
   * Has the client compare its cluster file with what the nodes were told, from the start on: what
   * the client asks them first, and what is asked here later, is answered with that.
   */
  onApplicationBootstrap(): void {
    void this.client.timestampsKnown();
    this.timer = setInterval(() => void this.statuses(), LOOK_EVERY_MS).unref();
  }

  beforeApplicationShutdown(): void {
    clearInterval(this.timer);
  }

  /** By id; undefined for nodes that gave no valid answer in time. */
  async statuses(): Promise<readonly (NodeStatus | undefined)[]> {
    const { n } = this.client.size;
    const answers = Array.from({ length: n }, (_, id) => this.shared(id));
    const statuses = await Promise.all(answers.map((answer) => answer.catch(() => undefined)));
    this.client.settings.note(statuses);
    return statuses;
  }

  async status(): Promise<ClusterStatus> {
    const statuses = (await this.statuses()).filter((status) => status !== undefined);
    const { n, f, quorum } = this.client.size;
    const { cluster, mode } = this.settings.config;
    const view = this.viewOf(statuses);
    return {
      cluster,
      mode,
      n,
      f,
      quorum,
      view,
      lastExecuted: this.reached(statuses.map(({ lastExecuted }) => lastExecuted)) ?? 0,
      ...this.rolesIn(view, statuses),
      up: statuses.filter(({ up }) => up).map(({ id }) => id),
      brokerConnected: this.broker.connected,
      suspects: suspectsIn(statuses, n, (witness, shown) => this.judge.standingOf(witness, shown)),
    };
  }

  async nodes(): Promise<NodeSummary[]> {
    const statuses = await this.statuses();
    const known = statuses.filter((status) => status !== undefined);
    const roles = this.rolesIn(this.viewOf(known), known);
    return statuses.map((status, id) => ({
      id,
      role: roleOf(id, roles),
      up: status?.up ?? false,
      view: status?.view ?? null,
      lastExecuted: status?.lastExecuted ?? null,
      tally: status?.tally ?? null,
      fault: status?.fault ?? null,
    }));
  }

  /** Everything node `id` says of itself, or that it does not answer. */
  async node(id: ReplicaId): Promise<NodeStatus | { id: ReplicaId; up: false; role: NodeRole }> {
    const status = await this.shared(id);
    if (status !== undefined) return status;
    // What part it plays the others know.
    const known = (await this.statuses()).filter((each) => each !== undefined);
    return { id, up: false, role: roleOf(id, this.rolesIn(this.viewOf(known), known)) };
  }

  /**
   * Asks one node.
   *
   * @returns the answer's JSON; its shape is up to the node
   * @throws ProblemException `node-unreachable` or `shutting-down`
   */
  async ask(id: ReplicaId, query: NodeQuery): Promise<unknown> {
    try {
      return await this.client.query(id, query, this.settings.nodeTimeoutMs);
    } catch (error) {
      if (!(error instanceof ClientError)) throw error;
      if (error.code === 'closed') {
        throw new ProblemException('shutting-down', 'The gateway is shutting down.');
      }
      throw new ProblemException('node-unreachable', `${error.message}.`);
    }
  }

  /** The same; undefined of a node that gives no answer. @throws ProblemException `shutting-down` */
  answerOf(id: ReplicaId, query: NodeQuery): Promise<unknown> {
    return this.ask(id, query).catch((error: unknown) => {
      if (error instanceof ProblemException && error.problem === 'node-unreachable')
        return undefined;
      throw error;
    });
  }

  /** What node `id` says now, for callers that ask seldom. The answer is shared with the others. */
  asOfNow(id: ReplicaId): Promise<NodeStatus | undefined> {
    const asking = this.answerOf(id, { type: 'status' });
    const answer = asking.then((given) => readNodeStatus(id, given));
    const asked: AskedStatus = { answer, untilMs: Infinity };
    this.asked.set(id, asked);
    const end = (): void => {
      asked.untilMs = performance.now() + FRESH_MS + FRESH_MS_PER_NODE * this.client.size.n;
    };
    answer.then(end, end);
    return answer;
  }

  /** What nodes said is not true any more. */
  forget(): void {
    this.asked.clear();
  }

  private shared(id: ReplicaId): Promise<NodeStatus | undefined> {
    const asked = this.asked.get(id);
    const isFresh = asked !== undefined && performance.now() < asked.untilMs;
    return isFresh ? asked.answer : this.asOfNow(id);
  }

  /** The view that f+1 nodes have reached; what replies said while too few answer. */
  private viewOf(statuses: readonly NodeStatus[]): View {
    return this.reached(statuses.map(({ view }) => view)) ?? this.client.view;
  }

  /** Who plays which part in `view`. Nobody is shown as collector whom not f+1 nodes name. */
  private rolesIn(view: View, statuses: readonly NodeStatus[]): Roles {
    const { n, weakQuorum } = this.client.size;
    const votes = new Map<ReplicaId, number>();
    for (const status of statuses) {
      const { collector } = status;
      if (status.view !== view || typeof collector !== 'number' || collector >= n) continue;
      votes.set(collector, (votes.get(collector) ?? 0) + 1);
    }
    const [named, count] = [...votes].sort((a, b) => b[1] - a[1])[0] ?? [];
    const collector = count !== undefined && count >= weakQuorum ? (named ?? null) : null;
    return { primary: primaryOf(view, n), collector };
  }

  /** The highest value that f+1 nodes have reached; undefined when fewer answer. */
  private reached(values: readonly number[]): number | undefined {
    return [...values].sort((a, b) => b - a)[this.client.size.weakQuorum - 1];
  }
}

/** Too few nodes say what is asked for, which may pass. */
export function quorumUnreachable(detail: string): ProblemException {
  return new ProblemException('quorum-unreachable', detail, { headers: { 'retry-after': '1' } });
}
