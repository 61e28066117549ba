import { channelNames } from '@ccro/broker';
import { developmentKey } from '@ccro/cluster-config';
import { RequestSigner } from '@ccro/crypto';
import { putOperation } from '@ccro/state-machine';
import { json } from '@ccro/wire';
import type { Outsider } from '../outsider.js';
import type { SimulatedCluster } from '../simulated-cluster.js';
import { HEALTHY_NETWORK } from '../simulated-network.js';
import { FAULTY_CLIENT, type CutLink, type Step } from './schedule.js';

/** Does to a cluster what the steps of a schedule say. */
export class Director {
  constructor(
    private readonly cluster: SimulatedCluster,
    private readonly outsider: Outsider,
  ) {}

  apply(step: Step): void {
    const { cluster } = this;
    switch (step.kind) {
      case 'submit':
        cluster.submitOperation(step.client, step.operation);
        return;
      case 'submit-twice':
        this.submitTwice(step.timestamp, step.key);
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

  /** The network is whole, everybody runs, nobody from outside interferes. Faulty stay faulty. */
  heal(): void {
    this.cluster.network.faults = HEALTHY_NETWORK;
    this.cut([]);
    this.outsider.interfere(0);
    for (const node of this.cluster.nodes) {
      node.setAway(false);
      this.restart(node.id);
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

  private submitTwice(timestamp: number, key: string): void {
    const { facts, checkers, network } = this.cluster;
    const { cluster, members } = facts;
    const { secretKey } = developmentKey('client', FAULTY_CLIENT);
    const signer = new RequestSigner({ cluster, secretKey });
    const channels = channelNames(cluster);
    const [one, other] = ['one', 'other'].map((value) =>
      signer.sign({ client: FAULTY_CLIENT, timestamp, operation: putOperation(key, value) }),
    );
    for (const request of [one, other]) if (request !== undefined) checkers.onSigned(request);
    for (const replica of members.keys()) {
      const request = replica % 2 === 0 ? one : other;
      if (request === undefined) continue;
      network.publish(FAULTY_CLIENT, channels.node(replica), json.encode(request));
    }
  }
}
