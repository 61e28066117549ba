/** All checks of a run, over what was collected. */

import type { LedgerSlot } from '../audit/ledger-archive.js';
import type { GatewayAudit } from '../audit/gateway-audit.js';
import type { NodeLedger } from '../audit/node-ledgers.js';
import type { NodeStatus } from '../http/status.js';
import { describeFault } from '../faults/planned-fault.js';
import type { Incident } from '../timeline.js';
import type { Call } from '../workload/history.js';
import type { CheckResult } from './check.js';
import { checkAccepted, checkAnswers, checkOnce, replay } from './check-ledger.js';
import { checkKeys } from './check-linearizability.js';
import { checkLevel, checkNodeLedgers, checkReadBack, checkReceipts } from './check-nodes.js';
import {
  checkRecovery,
  recoveries,
  summarize,
  type Recovery,
  type RecoveryBound,
  type RecoverySummary,
} from './check-recovery.js';

/** Everything a run leaves to judge. Times in milliseconds since it began. */
export interface Evidence extends GatewayAudit {
  readonly calls: readonly Call[];
  readonly incidents: readonly Incident[];
  /** What should not have happened, noticed on the way. */
  readonly findings: readonly string[];
  readonly ledger: readonly LedgerSlot[];
  readonly nodeLedgers: readonly NodeLedger[];
  readonly statuses: readonly (NodeStatus | undefined)[];
  readonly endMs: number;
}

export interface Judgement {
  readonly checks: readonly CheckResult[];
  readonly recoveries: readonly Recovery[];
  readonly recoverySummaries: readonly RecoverySummary[];
}

export function judge(evidence: Evidence, bound: RecoveryBound): Judgement {
  const { calls, incidents, ledger, nodeLedgers, statuses, endMs } = evidence;
  const executed = replay(ledger);
  const times = recoveries(incidents, calls, endMs);
  const summaries = summarize(times, bound);
  return {
    checks: [
      checkKeys(calls),
      checkAnswers(calls, executed),
      checkAccepted(calls, executed),
      checkOnce(calls, executed),
      checkLevel(statuses),
      checkNodeLedgers(ledger, nodeLedgers),
      checkReadBack(evidence.readBack),
      checkReceipts(evidence.receipts),
      checkRecovery(times, summaries),
      checkEffect(incidents),
      checkConduct(evidence),
    ],
    recoveries: times,
    recoverySummaries: summaries,
  };
}

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

/** No program ended by itself, everything recovered, and no answer was out of place. */
function checkConduct({ calls, incidents, findings }: Evidence): CheckResult {
  const problems = calls.flatMap(({ number, question, problem }) =>
    problem === undefined ? [] : [`call ${number} (${question.kind}): ${problem}`],
  );
  const unfinished = incidents
    .filter(({ overMs }) => overMs === undefined)
    .map(
      ({ number, target, fault }) => `incident ${number} (${target}, ${fault.kind}) never ended`,
    );
  return {
    name: 'everything recovered and no answer was out of place',
    summary: `${incidents.length} incidents`,
    findings: [...findings, ...unfinished, ...problems],
  };
}
