import type { FaultKind } from '@ccro/faults';
import type { ClusterOptions } from '../options/cluster-options.js';

/** One case of the comparison. */
export interface DemoCase {
  readonly scenario: string;
  readonly options: ClusterOptions;
  /** Whether the request must be decided; with a faulty commander it may stay pending. */
  readonly mustDecide: boolean;
}

interface Scenario {
  readonly scenario: string;
  readonly fault: FaultKind;
  readonly faulty: readonly number[];
  readonly mustDecide: boolean;
}

const SCENARIOS: readonly Scenario[] = [
  { scenario: 'no fault', fault: 'offline', faulty: [], mustDecide: true },
  { scenario: 'one offline', fault: 'offline', faulty: [3], mustDecide: true },
  { scenario: 'one falsifying', fault: 'falsify', faulty: [3], mustDecide: true },
  {
    scenario: 'equivocating commander',
    fault: 'equivocate',
    faulty: [0],
    mustDecide: false,
  },
];

/** A case on four nodes with the embedded broker. */
export function demoCase(
  mode: 'pbft' | 'ccro',
  { scenario, fault, faulty, mustDecide }: Scenario,
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
    gatewayPort: 0,
    nodePort: 0,
    faultInjection: false,
    requestTimeoutMs,
    once: undefined,
  };
  return { scenario, options, mustDecide };
}

/** The seed's cases: both systems, without a fault and with each of its kinds. */
export function demoCases(requestTimeoutMs: number): DemoCase[] {
  return (['pbft', 'ccro'] as const).flatMap((mode) =>
    SCENARIOS.map((scenario) => demoCase(mode, scenario, requestTimeoutMs)),
  );
}
