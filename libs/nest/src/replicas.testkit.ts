/** Four replicas over an in-process broker, for the specs of this library. */

import { channelNames, InProcessHub, nodeConnectionName } from '@ccro/broker';
import { systemClock } from '@ccro/clock';
import { clusterKeys, developmentCluster, developmentKey, settingsOf } from '@ccro/cluster-config';
import { createRunner, type ReplicaRunner } from '@ccro/runner';
import {
  createStateMachine,
  DefinedApplication,
  type StateMachineDefinition,
} from '@ccro/state-machine';
import { MemoryStore } from '@ccro/storage';
import { onTestFinished } from 'vitest';

const NODES = 4;

export interface Replicas {
  readonly config: ReturnType<typeof developmentCluster>;
  readonly hub: InProcessHub;
}

/** @returns replicas that execute the operations of `definition`, until the test has finished */
export async function startedReplicas(definition: StateMachineDefinition): Promise<Replicas> {
  const config = developmentCluster({ nodes: NODES, mode: 'ccro', clients: ['alice'] });
  const hub = new InProcessHub();
  const runners: ReplicaRunner[] = [];
  for (let self = 0; self < NODES; self += 1) {
    const channels = channelNames(config.cluster);
    const broker = hub.broker(nodeConnectionName(self));
    const runner = createRunner({
      facts: { ...clusterKeys(config), mode: config.mode, settings: settingsOf(config) },
      self,
      secretKey: developmentKey('node', self).secretKey,
      broker,
      store: new MemoryStore(),
      stateMachine: createStateMachine([new DefinedApplication(definition)]),
      clock: systemClock,
      listener: {
        onFatal: (error) => {
          throw error;
        },
      },
    });
    broker.onMessage((channel, payload) =>
      runner.receive(payload, channel === channels.broadcast ? 'broadcast' : 'direct'),
    );
    await broker.connect();
    await broker.subscribe([channels.broadcast, channels.node(self)]);
    runner.start();
    runners.push(runner);
  }
  onTestFinished(async () => void (await Promise.all(runners.map((runner) => runner.stop()))));
  return { config, hub };
}
