import { expect, it } from 'vitest';
import { chartOf } from './charts.js';
import { cellsOf, planOf, type PlanRequest } from './plan.js';
import type { ExperimentRow } from './row.js';
import { cellsCsv, timesCsv } from './tables.js';

const FIGURES = {
  timeMs: 12.3456,
  fastestMs: 11,
  slowestMs: 13,
  messages: 16,
  bytes: 4000.333,
  signaturesMade: 10,
  signaturesChecked: 20,
  cpuMs: 5,
  oneRound: 0.5,
  scheme: 'ed25519',
};

function rowsOf(request: PlanRequest): ExperimentRow[] {
  return cellsOf(planOf(request)).map((cell) => ({
    ...cell,
    elapsedMs: 50,
    outcome: 'measured',
    figures: { ...FIGURES, timeMs: cell.nodes * (cell.mode === 'ccro' ? 1 : 2) },
  }));
}

it('the CSV has a line a cell, and the reason of each that failed', () => {
  const [first, second] = rowsOf({ nodes: 4 });
  if (first === undefined || second === undefined) throw new Error('two modes make two rows');
  const { mode, nodes, byzantine, fault, payloadBytes, rounds, elapsedMs } = second;
  const cell = { mode, nodes, byzantine, fault, payloadBytes, rounds, elapsedMs };
  const failed: ExperimentRow = { ...cell, outcome: 'failed', reason: 'no result, "really"' };
  expect(cellsCsv([first, failed])).toBe(
    'mode,nodes,byzantine,fault,payload_bytes,rounds,outcome,time_ms,fastest_ms,slowest_ms,' +
      'messages,bytes,signatures_made,signatures_checked,cpu_ms,one_round,scheme,reason\n' +
      'pbft,4,0,none,200,3,measured,8.000,11.000,13.000,16,4000.33,10,20,5.000,0.50,ed25519,\n' +
      'ccro,4,0,none,200,3,failed,,,,,,,,,,,"no result, ""really"""\n',
  );
});

it("the seed's tables have a row for each number of faulty nodes, empty where not measured", () => {
  const request: PlanRequest = { preset: 'seed-tables', mode: 'ccro' };
  const rows = rowsOf(request);
  const lines = timesCsv(planOf(request), rows.slice(0, -1)).split('\n');
  expect(lines[0]).toBe(
    'byzantine_nodes,total_nodes,ccro_offline_s,ccro_malicious_s,seed_offline,seed_malicious',
  );
  expect(lines[1]).toBe('1,4,0.004000,0.004000,13–14 ms,32–58 ms');
  expect(lines[4]).toBe('15,46,0.046000,0.046000,,');
  expect(lines[7]).toBe('30,91,0.091000,,171 s,fails');
  expect(lines).toHaveLength(9);
});

it('payloads are told apart where there are several', () => {
  const request: PlanRequest = { nodes: [4, 7], fault: 'none', payloadBytes: [100, 200] };
  expect(timesCsv(planOf(request), rowsOf(request))).toBe(
    'byzantine_nodes,total_nodes,payload_bytes,pbft_no_fault_s,ccro_no_fault_s\n' +
      '1,4,100,0.008000,0.004000\n1,4,200,0.008000,0.004000\n' +
      '2,7,100,0.014000,0.007000\n2,7,200,0.014000,0.007000\n',
  );
  const svg = chartOf('time.svg', rowsOf(request));
  expect(svg).toContain('ccro, no fault, 100 B');
  expect(svg.match(/<circle/g)).toHaveLength(8);
});
