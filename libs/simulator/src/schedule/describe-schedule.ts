/** A schedule in plain words: the first lines of a run's trace. */

import type { NetworkFaults } from '../simulated-network.js';
import type { Schedule, Step } from './schedule.js';

export function describeSchedule(schedule: Schedule): string[] {
  const { seed, mode, nodes, tuning, disk, clockRates, faulty, steps, safetyMs } = schedule;
  const { signature, signedTogether, choices, replaced } = schedule;
  const rates = clockRates.map((rate) => rate.toFixed(2));
  const isNarrowed = Object.keys(choices).length > 0;
  const faults = [...faulty].map(([replica, kind]) => `node ${replica} ${kind}`).join(', ');
  return [
    `seed ${seed}: ${mode}, ${nodes} nodes, faulty: ${faults === '' ? 'none' : faults}`,
    `votes signed with ${signature}; requests that one signature covers: ${signedTogether} at most`,
    `settings: ${JSON.stringify(tuning)}`,
    `disk: ${disk.minMs} to ${disk.maxMs} ms a write; clocks: ${rates.join(', ')}`,
    `${steps.length} steps in ${safetyMs} ms, then everything is healed`,
    ...(replaced === undefined ? [] : [`then an honest node takes the place of node ${replaced}`]),
    ...(isNarrowed ? [`drawn from ${JSON.stringify(choices)}`] : []),
  ];
}

/** What a step does. */
export function describeStep(step: Step): string {
  switch (step.kind) {
    case 'submit':
      return `client ${step.client} wants ${step.operation}`;
    case 'submit-twice':
      return `a faulty client signs two operations as its ${step.timestamp}`;
    case 'submit-lists':
      return `a faulty client signs lists, from its ${step.timestamp} on`;
    case 'submit-scattered':
      return `a faulty client gives each replica other requests, from its ${step.timestamp} on`;
    case 'network':
      return `network: ${networkText(step.faults)}`;
    case 'cut':
      return `cut off: ${step.what}`;
    case 'broker-away':
      return `the broker is away for ${nodesText(step.replicas)}`;
    case 'broker-back':
      return `the broker is back for ${nodesText(step.replicas)}`;
    case 'crash':
      return `power is cut at ${nodesText(step.replicas)}`;
    case 'crash-when':
      return `power will be cut at node ${step.replica} at its ${step.record} record number ${step.nth}`;
    case 'restart':
      return `power is back at ${nodesText(step.replicas)}`;
    case 'fault':
      return `node ${step.replica} turns ${step.fault ?? 'honest'}`;
    case 'wipe':
      return `node ${step.replica} forgets everything`;
    case 'outsider':
      return `an outsider interferes ${step.messagesPerSecond} times a second`;
  }
}

function networkText({ loss, duplication, maxDelayMs, straggling }: NetworkFaults): string {
  const parts = [
    `${percent(loss)} lost`,
    `${percent(duplication)} twice`,
    `up to ${maxDelayMs} ms`,
    ...(straggling ? [`${percent(straggling.chance)} up to ${straggling.maxDelayMs} ms late`] : []),
  ];
  return parts.join(', ');
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

/** Nodes by their ids, ascending. */
export function nodesText(replicas: readonly number[]): string {
  return `nodes ${[...replicas].sort((a, b) => a - b).join(', ')}`;
}
