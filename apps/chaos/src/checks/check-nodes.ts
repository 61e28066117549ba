/** The nodes against each other, once everything is healed. */

import type { LedgerSlot } from '../audit/ledger-archive.js';
import type { ReadBack, Receipts } from '../audit/gateway-audit.js';
import type { NodeLedger } from '../audit/node-ledgers.js';
import type { NodeStatus } from '../http/status.js';
import type { CheckResult } from './check.js';

/** All nodes have executed the same slots and hold the same state. */
export function checkLevel(statuses: readonly (NodeStatus | undefined)[]): CheckResult {
  const silent = statuses.flatMap((status, id) =>
    status === undefined ? [`node ${id} does not answer`] : [],
  );
  const known = statuses.filter((status) => status !== undefined);
  const differing = (['lastExecuted', 'ledgerHead', 'stateAt', 'stateDigest'] as const).flatMap(
    (field) => {
      const values = known.map((status) => String(status[field]));
      if (new Set(values).size <= 1) return [];
      return [`${field} differs: ${values.map((value, id) => `node ${id}: ${value}`).join(', ')}`];
    },
  );
  return {
    name: 'all nodes are level, with equal ledger heads and states',
    summary: `${known.length} nodes at slot ${known[0]?.lastExecuted ?? 0}`,
    findings: [...silent, ...differing],
  };
}

/** The ledger that each node stored equals the one that the gateways showed. */
export function checkNodeLedgers(
  ledger: readonly LedgerSlot[],
  nodeLedgers: readonly NodeLedger[],
): CheckResult {
  const findings = nodeLedgers.flatMap((nodeLedger, id) =>
    [...nodeLedger].flatMap(([sequence, digest]) => {
      const shown = ledger[sequence - 1]?.digest;
      return shown === undefined || shown === digest
        ? []
        : [`slot ${sequence}: node ${id} stored ${digest}, the gateway showed ${shown}`];
    }),
  );
  const sizes = nodeLedgers.map(({ size }, id) => `node ${id}: ${size}`).join(', ');
  const empty = nodeLedgers.flatMap(({ size }, id) =>
    size === 0 && ledger.length > 0 ? [`node ${id} shows no decision at all`] : [],
  );
  return {
    name: "every node's own ledger agrees",
    summary: `${ledger.length} slots; ${sizes}`,
    findings: [...findings, ...empty],
  };
}

/** What was decided can be proven to anyone who has the cluster's public keys. */
export function checkReceipts({ asked, wrong }: Receipts): CheckResult {
  return {
    name: 'receipts hold',
    summary: `${asked} of all over the run`,
    findings: wrong,
  };
}

/** What some node holds, the gateways show. */
export function checkReadBack({ asked, unreadable }: ReadBack): CheckResult {
  return {
    name: 'the ledger can be read as long as some node holds it',
    summary: `${asked} slots that few nodes hold`,
    findings: unreadable.map(
      ({ sequence, holders, answer }) =>
        `slot ${sequence} is held by ${holders.map((id) => `node ${id}`).join(', ')}, ` +
        `but GET /ledger/${sequence} answered: ${answer}`,
    ),
  };
}
