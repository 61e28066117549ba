import type { FaultKind } from '@ccro/faults';
import type { ClusterOptions } from '../options/cluster-options.js';

/** One case of the comparison. */
export interface DemoCase {
  readonly scenario: string;
  readonly options: ClusterOptions;
}

interface Scenario {
  readonly scenario: string;
  readonly fault: FaultKind;
  readonly faulty: readonly number[];
}

const SCENARIOS: readonly Scenario[] = [
  { scenario: 'no fault', fault: 'offline', faulty: [] },
  { scenario: 'one offline', fault: 'offline', faulty: [3] },
  { scenario: 'one falsifying', fault: 'falsify', faulty: [3] },
  { scenario: 'equivocating commander', fault: 'equivocate', faulty: [0] },
  { scenario: 'silent commander', fault: 'offline', faulty: [0] },
];

/** A case on four nodes with the embedded broker. */
export function demoCase(
  mode: 'pbft' | 'ccro',
  { scenario, fault, faulty }: Scenario,
  requestTimeoutMs: number,
): DemoCase {
  const options: ClusterOptions = {
    mode,
    nodes: 4,
    faulty,
    fault,
    seed: 1,
    broker: 'embedded',
    redisUrl: '',
    processes: false,
    storage: { durability: 'memory' },
    gatewayPort: 0,
    nodePort: 0,
    faultInjection: false,
    requestTimeoutMs,
    once: undefined,
  };
  return { scenario, options };
}

/** The seed's cases, both systems, and a silent commander. All of them must be decided. */
export function demoCases(requestTimeoutMs: number): DemoCase[] {
  return (['pbft', 'ccro'] as const).flatMap((mode) =>
    SCENARIOS.map((scenario) => demoCase(mode, scenario, requestTimeoutMs)),
  );
}
