/**
 * One node: the real runner, core, codec and cryptography, on a machine that can lose power and
 * start again from what its disk holds.
 */

import { channelNames, nodeConnectionName } from '@ccro/broker';
import type { Clock } from '@ccro/clock';
import { developmentKey, developmentVotingKey } from '@ccro/cluster-config';
import type {
  Digest,
  ReplicaId,
  ReplicaStatus,
  ReplicaTuning,
  Restored,
  Settings,
} from '@ccro/consensus';
import { createDigests } from '@ccro/crypto';
import {
  createBehaviour,
  seededRandom,
  type Behaviour,
  type FaultKind,
  type OutgoingSend,
} from '@ccro/faults';
import {
  createRunner,
  type ClusterFacts,
  type ReplicaRunner,
  type RunnerListener,
} from '@ccro/runner';
import { createStateMachine } from '@ccro/state-machine';
import type { SimulatedBroker, SimulatedNetwork } from './simulated-network.js';
import type { SimulatedDisk } from './simulated-disk.js';
import { DriftingClock, type VirtualTime } from './virtual-time.js';

/** How a simulated node can be faulty: as a real one can, or as the run's adversary likes. */
export type SimulatedFault = FaultKind | 'byzantine';

/** Settings of the core that a simulation may choose. */
export type SimulatedTuning = Partial<ReplicaTuning>;

/** What its cluster file says that others' may say otherwise. */
export interface NodeFile {
  readonly tuning: SimulatedTuning;
  readonly settings: Settings;
}

export interface SimulatedNodeOptions {
  readonly self: ReplicaId;
  readonly seed: number | string;
  readonly facts: ClusterFacts;
  /** The node's milliseconds in one of virtual time. */
  readonly clockRate: number;
  /** Who speaks for the node while it is `byzantine`. */
  readonly adversary?: { behaviourOf(replica: ReplicaId): Behaviour } | undefined;
}

export interface SimulatedNodeParts {
  readonly time: VirtualTime;
  readonly network: SimulatedNetwork;
  readonly disk: SimulatedDisk;
}

/** What happens to a node that its surroundings want to know of. */
export interface NodeObserver extends Required<Omit<RunnerListener, 'onSent' | 'onQuery'>> {
  onRestored(restored: Restored | undefined): void;
  onPower(on: boolean): void;
  onFault(fault: SimulatedFault | undefined): void;
  /** A faulty node says `instead`, where an honest one would say `honest`. */
  onBehaved(honest: OutgoingSend, instead: readonly OutgoingSend[]): void;
}

export class SimulatedNode {
  private runner: ReplicaRunner;
  private broker: SimulatedBroker;
  private fault: SimulatedFault | undefined;
  private up = true;
  private failed = false;
  private runs = 0;
  /** While the process is stopped: what it would have done. */
  private backlog: (() => void)[] | undefined;

  constructor(
    private readonly options: SimulatedNodeOptions,
    private file: NodeFile,
    private readonly parts: SimulatedNodeParts,
    private readonly observer: NodeObserver,
  ) {
    this.broker = this.connect();
    this.runner = this.createRunner();
  }

  get id(): ReplicaId {
    return this.options.self;
  }

  /** False from a crash to the next start, and once the replica stopped itself. */
  get running(): boolean {
    return this.up;
  }

  /** Whether the replica stopped itself, which is for good. */
  get stopped(): boolean {
    return this.failed;
  }

  /** What the node knows against others, in its present life. */
  get evidence(): ReplicaRunner['evidence'] {
    return this.runner.evidence;
  }

  start(): void {
    this.runner.start();
  }

  /** Loses power. @returns how many writes were lost */
  crash(): number {
    this.stop();
    return this.parts.disk.crash();
  }

  /** Starts again from what the disk holds, with another cluster file if one is given. */
  restart(file = this.file): void {
    if (this.up) this.crash();
    this.file = file;
    this.up = true;
    this.failed = false;
    this.observer.onPower(true);
    this.broker = this.connect();
    try {
      this.runner = this.createRunner();
    } catch (error) {
      this.fail(error);
      return;
    }
    this.runner.start();
  }

  /** Starts again with an empty disk. */
  wipe(): void {
    this.stop();
    this.parts.disk.wipe();
    this.restart();
  }

  /** Its connection to the broker breaks or comes back. */
  setAway(away: boolean): void {
    this.broker.setAway(away);
  }

  /** Makes the node misbehave in this way from now on, or behave again. */
  setFault(kind: SimulatedFault | undefined): void {
    if (this.fault !== kind) this.observer.onFault(kind);
    this.fault = kind;
    this.applyFault(this.runner);
  }

  /** Makes the node misbehave in a way of its own, until it starts again. */
  behave(behaviour: Behaviour): void {
    this.runner.setBehaviour(behaviour);
  }

  /** The process is stopped (SIGSTOP): it does nothing, and knows nothing of it. */
  freeze(): void {
    this.backlog ??= [];
  }

  /** The process goes on (SIGCONT): all that came meanwhile, and every timer due, at once. */
  thaw(): void {
    const backlog = this.backlog ?? [];
    this.backlog = undefined;
    for (const run of backlog) run();
  }

  /** Whether its disk takes nothing more. */
  setDiskFull(full: boolean): void {
    this.parts.disk.full = full;
  }

  /** What its disk holds. */
  stored(): Restored | undefined {
    return this.parts.disk.read();
  }

  status(): ReplicaStatus {
    return this.runner.status();
  }

  stateDigest(): Digest {
    return this.runner.stateDigest();
  }

  counters(): ReturnType<ReplicaRunner['counters']> {
    return this.runner.counters();
  }

  private whenAwake(run: () => void): void {
    if (this.backlog === undefined) run();
    else this.backlog.push(run);
  }

  private clock(): Clock {
    const clock = new DriftingClock(this.parts.time, this.options.clockRate);
    return {
      now: () => clock.now(),
      schedule: (afterMs, run) => {
        let cancelled = false;
        const runUnlessCancelled = (): void => {
          if (!cancelled) run();
        };
        const cancel = clock.schedule(afterMs, () => this.whenAwake(runUnlessCancelled));
        return () => {
          cancelled = true;
          cancel();
        };
      },
    };
  }

  private stop(): void {
    if (this.up) this.observer.onPower(false);
    this.up = false;
    this.backlog = undefined;
    void this.runner.stop();
    void this.broker.close();
  }

  private fail(error: unknown): void {
    this.failed = true;
    this.stop();
    this.observer.onFatal(error);
  }

  private connect(): SimulatedBroker {
    const { self, facts } = this.options;
    const channels = channelNames(facts.cluster);
    const broker = this.parts.network.broker(nodeConnectionName(self));
    void broker.subscribe([channels.broadcast, channels.node(self)]);
    broker.onMessage((channel, payload) =>
      this.whenAwake(() =>
        this.runner.receive(payload, channel === channels.broadcast ? 'broadcast' : 'direct'),
      ),
    );
    broker.onConnectionChange((connected) => {
      if (connected) this.runner.reconnected();
      else this.runner.disconnected();
    });
    return broker;
  }

  private createRunner(): ReplicaRunner {
    const { self, facts } = this.options;
    const { tuning, settings } = this.file;
    const { disk } = this.parts;
    const { observer } = this;
    const restored = disk.read();
    observer.onRestored(restored);
    const runner = createRunner({
      facts: { ...facts, settings },
      self,
      run: `run-${(this.runs += 1)}`,
      secretKey: developmentKey('node', self).secretKey,
      votingSecretKey: developmentVotingKey(self).secretKey,
      broker: this.broker,
      store: disk,
      stateMachine: createStateMachine(),
      restored,
      clock: this.clock(),
      listener: { ...observer, onFatal: (error) => this.fail(error) },
      tuning,
    });
    this.applyFault(runner);
    return runner;
  }

  private applyFault(runner: ReplicaRunner): void {
    const kind = this.fault;
    runner.setBehaviour(kind && this.observed(this.createBehaviour(kind)));
  }

  private createBehaviour(kind: SimulatedFault): Behaviour {
    const { self, facts, seed, adversary } = this.options;
    if (kind === 'byzantine') {
      if (adversary === undefined) throw new RangeError('nobody speaks for a byzantine node');
      return adversary.behaviourOf(self);
    }
    return createBehaviour(kind, {
      self,
      n: facts.members.length,
      cluster: facts.cluster,
      digests: createDigests(),
      random: seededRandom(`${seed}/fault/${self}/${kind}`),
    });
  }

  private observed(behaviour: Behaviour): Behaviour {
    return {
      kind: behaviour.kind,
      hears: (kind) => behaviour.hears(kind),
      outgoing: (honest) => {
        const instead = behaviour.outgoing(honest);
        this.observer.onBehaved(honest, instead);
        return instead;
      },
    };
  }
}
