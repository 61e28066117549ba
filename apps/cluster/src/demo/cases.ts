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
  /** Default 4. */
  readonly nodes?: number;
}

const SCENARIOS: readonly Scenario[] = [
  { scenario: 'no fault', fault: 'offline', faulty: [] },
  { scenario: 'one offline', fault: 'offline', faulty: [3] },
  { scenario: 'one falsifying', fault: 'falsify', faulty: [3] },
  // Two of the three others are told the same, which with its own vote is a quorum of four.
  { scenario: 'equivocating commander', fault: 'equivocate', faulty: [0] },
  // Of seven neither half is one: nothing is decided until the primary is replaced.
  { scenario: 'the same, of 7 nodes', fault: 'equivocate', faulty: [0], nodes: 7 },
  { scenario: 'silent commander', fault: 'offline', faulty: [0] },
];

/** Four honest nodes in this process, over the embedded broker. */
export const EMBEDDED: Omit<ClusterOptions, 'requestTimeoutMs'> = {
  mode: 'ccro',
  nodes: 4,
  faulty: [],
  fault: 'offline',
  seed: 1,
  broker: 'embedded',
  redisUrl: '',
  processes: false,
  storage: { durability: 'memory' },
  gatewayPort: 0,
  nodePort: 0,
  faultInjection: false,
  signature: 'auto',
  codec: 'json',
  once: undefined,
};

/** A case with the embedded broker. */
export function demoCase(
  mode: 'pbft' | 'ccro',
  { scenario, fault, faulty, nodes = 4 }: Scenario,
  requestTimeoutMs: number,
): DemoCase {
  return { scenario, options: { ...EMBEDDED, mode, nodes, faulty, fault, requestTimeoutMs } };
}

/** The seed's cases, both systems, and a silent primary. All of them must be decided. */
export function demoCases(requestTimeoutMs: number): DemoCase[] {
  return (['pbft', 'ccro'] as const).flatMap((mode) =>
    SCENARIOS.map((scenario) => demoCase(mode, scenario, requestTimeoutMs)),
  );
}
