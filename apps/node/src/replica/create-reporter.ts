import { systemClock } from '@ccro/clock';
import { channelNames } from '@ccro/broker';
import type { ReplicaRunner } from '@ccro/runner';
import { NodeReporter, type NodeState } from '@ccro/telemetry';
import type { NodeOptions } from '../node-options.js';
import type { DecisionCounts } from './decision-counts.js';

/** What a reporter says of its node's state, asked for only while there are listeners. */
export interface ReportedNode {
  readonly runner: ReplicaRunner;
  readonly decisions: DecisionCounts;
}

/** A reporter for the node that `options` make. */
export function createReporter(options: NodeOptions, node: ReportedNode): NodeReporter {
  const { facts, self, broker } = options;
  const telemetry = channelNames(facts.cluster).telemetry(self);
  return new NodeReporter({
    self,
    n: facts.members.length,
    clock: systemClock,
    publish: (payload) => broker.publish(telemetry, payload),
    state: () => stateOf(node),
  });
}

function stateOf({ runner, decisions }: ReportedNode): NodeState {
  const { view, primary, collector, lastExecuted } = runner.status();
  const { received, rejects, badVotes, unsent } = runner.counters();
  return {
    view,
    primary,
    collector: collector ?? null,
    lastExecuted,
    fault: runner.fault ?? null,
    counters: {
      received,
      rejected: sumOf(rejects),
      unsent,
      badVotes: sumOf(badVotes),
      ...decisions,
    },
  };
}

function sumOf(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}
