import { describeFault } from '../faults/planned-fault.js';
import type { Incident } from '../timeline.js';
import type { CheckResult } from './check.js';

/** A fault that does nothing would prove nothing. */
export function checkEffect(incidents: readonly Incident[]): CheckResult {
  const idle = incidents.filter(({ showed }) => showed === undefined);
  return {
    name: 'every fault took effect',
    summary: `${incidents.length - idle.length} of ${incidents.length} were seen to`,
    findings: idle.map(
      ({ number, target, fault }) =>
        `nothing showed of incident ${number} (${target}, ${describeFault(fault)})`,
    ),
  };
}
