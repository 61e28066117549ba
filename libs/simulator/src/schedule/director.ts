import type { ReplicaId } from '@ccro/consensus';
import type { Outsider } from '../lies/outsider.js';
import type { SimulatedCluster } from '../simulated-cluster.js';
import { HEALTHY_NETWORK } from '../simulated-network.js';
import { FaultyClient } from './faulty-client.js';
import type { CutLink, Step } from './schedule.js';

type Moment = Extract<Step, { kind: 'crash-when' }>;

/** Does to a cluster what the steps of a schedule say. */
export class Director {
  private readonly faultyClient: FaultyClient;
  /** Moments that are waited for, with how often the record is still to come. */
  private readonly moments = new Map<Moment, number>();

  constructor(
    private readonly cluster: SimulatedCluster,
    private readonly outsider: Outsider,
  ) {
    this.faultyClient = new FaultyClient(cluster);
    cluster.onDurable = (replica, record) => this.onDurable(replica, record.kind);
  }

  apply(step: Step): void {
    const { cluster } = this;
    switch (step.kind) {
      case 'submit':
        cluster.submitOperation(step.client, step.operation);
        return;
      case 'submit-twice':
        this.faultyClient.signTwice(step.timestamp, step.key);
        return;
      case 'submit-lists':
        this.faultyClient.signLists(step.timestamp, step.key);
        return;
      case 'submit-scattered':
        this.faultyClient.scatter(step.timestamp, step.key);
        return;
      case 'network':
        cluster.network.faults = step.faults;
        return;
      case 'cut':
        this.cut(step.links);
        return;
      case 'broker-away':
        for (const replica of step.replicas) cluster.node(replica).setAway(true);
        return;
      case 'broker-back':
        for (const replica of step.replicas) cluster.node(replica).setAway(false);
        return;
      case 'crash':
        for (const replica of step.replicas) this.crash(replica);
        return;
      case 'crash-when':
        this.moments.set(step, step.nth);
        return;
      case 'restart':
        for (const replica of step.replicas) this.restart(replica);
        return;
      case 'fault':
        cluster.node(step.replica).setFault(step.fault);
        return;
      case 'wipe':
        cluster.node(step.replica).wipe();
        return;
      case 'outsider':
        this.outsider.interfere(step.messagesPerSecond);
        return;
    }
  }

  /**
   * The network is whole, everybody runs, nobody from outside interferes. Faulty stay faulty, but for
   * the one that is `replaced`.
   */
  heal(replaced?: ReplicaId): void {
    this.cluster.network.faults = HEALTHY_NETWORK;
    this.cut([]);
    this.outsider.interfere(0);
    this.moments.clear();
    for (const node of this.cluster.nodes) {
      node.setAway(false);
      this.restart(node.id);
    }
    if (replaced === undefined) return;
    this.cluster.note(`node ${replaced} is replaced by an honest one with an empty disk`);
    this.cluster.node(replaced).setFault(undefined);
    this.cluster.node(replaced).wipe();
  }

  private onDurable(replica: number, kind: Moment['record']): void {
    for (const [moment, left] of this.moments) {
      if (moment.replica !== replica || moment.record !== kind) continue;
      this.moments.set(moment, left - 1);
      if (left > 1) continue;
      this.moments.delete(moment);
      const { time } = this.cluster;
      // What is being written is written; nobody has been told of it yet, or only just.
      time.schedule(0, () => this.crash(replica));
      time.schedule(moment.downMs, () => this.restart(replica));
    }
  }

  private crash(replica: number): void {
    const node = this.cluster.node(replica);
    if (!node.running) return;
    const lost = node.crash();
    this.cluster.note(`node ${replica} loses power, and ${lost} writes`);
  }

  private restart(replica: number): void {
    const node = this.cluster.node(replica);
    if (node.running || node.stopped) return;
    node.restart();
    const { view, lastExecuted } = node.status();
    this.cluster.note(`node ${replica} starts again: view ${view}, executed ${lastExecuted}`);
  }

  private cut(links: readonly CutLink[]): void {
    const cut = new Set(links.map(({ from, to }) => `${from}>${to}`));
    this.cluster.network.connected = (from, to) => !cut.has(`${from}>${to}`);
  }
}
