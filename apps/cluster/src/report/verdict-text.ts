import type { ClusterConfig } from '@ccro/cluster-config';
import type { ReplicaId } from '@ccro/consensus';
import { printable, printableJson } from '@ccro/program';
import type { Verdict } from '@ccro/receipt';

/** Characters of an operation or a result that are shown. */
const MAX_SHOWN = 400;
/** If each of them is spelled out. */
const MAX_SPELLED_OUT = 10 * MAX_SHOWN;

/** The verdict for people. */
export function verdictText(verdict: Verdict, config: ClusterConfig): string {
  if (!verdict.holds)
    return `The receipt does not hold (${verdict.code}).\n${printable(verdict.reason)}\n`;
  const { receipt, request, deciders, decidersNeeded, witnesses, witnessesNeeded } = verdict;
  const { certificate, batch, result } = receipt;
  const { phase, view } = certificate;
  const { client, timestamp, operation } = receipt.request;
  const lines: [string, string][] = [
    ['Cluster', `${config.cluster}: ${config.members.length} nodes, ${certificate.scheme}`],
    ['Who', `client ${printable(client)}`],
    ['What', shown(operation)],
    ['Request', `${client}-${timestamp}, digest ${request}`],
    ['When', `sequence ${certificate.sequence}, place ${batch.index + 1} of ${batch.leaves}`],
    ['Batch', `digest ${certificate.digest}`],
    ['Result', shown(result)],
    [
      'Decided by',
      `${named(deciders)} in the ${phase} phase of view ${view}; ${decidersNeeded} needed`,
    ],
    ['Result signed by', `${named(witnesses)}; ${witnessesNeeded} needed`],
  ];
  const width = Math.max(...lines.map(([name]) => name.length)) + 2;
  const table = lines.map(([name, value]) => `${name.padEnd(width)}${value}\n`).join('');
  return `The receipt holds.\n${table}`;
}

/** The verdict for programs: one JSON object and a line feed. */
export function verdictJson(verdict: Verdict): string {
  if (!verdict.holds) return `${printableJson(verdict)}\n`;
  const { receipt, request, deciders, decidersNeeded, witnesses, witnessesNeeded } = verdict;
  const { certificate, batch, result } = receipt;
  const { client, timestamp, operation } = receipt.request;
  const proven = {
    holds: true,
    cluster: receipt.cluster,
    request: { client, timestamp, operation, digest: request },
    order: { sequence: certificate.sequence, place: batch.index + 1, of: batch.leaves },
    batch: certificate.digest,
    view: certificate.view,
    result,
    decidedBy: { phase: certificate.phase, nodes: deciders, needed: decidersNeeded },
    resultSignedBy: { nodes: witnesses, needed: witnessesNeeded },
  };
  return `${printableJson(proven)}\n`;
}

function named(nodes: readonly ReplicaId[]): string {
  return `node${nodes.length === 1 ? '' : 's'} ${nodes.join(', ')}`;
}

function shown(text: string): string {
  if (text.length <= MAX_SHOWN) return printable(text, MAX_SPELLED_OUT);
  const line = printable(text.slice(0, MAX_SHOWN), MAX_SPELLED_OUT);
  return `${line} … (${text.length} characters; --json has all)`;
}
