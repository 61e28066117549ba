import { appendOperation, createStateMachine } from '@ccro/state-machine';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { GatewayApi, type LedgerEntry, type SubmissionAnswer } from '../gateway-api.js';
import type { RunningCluster } from '../launch/running-cluster.js';
import { checkDecisions, DEMO_DATA } from './check-decisions.js';

const NO_TRAFFIC = { published: 0, deliveries: 0, deliveredBytes: 0 };

const OPERATION = appendOperation(DEMO_DATA);
const REQUEST = {
  client: 'gateway',
  timestamp: 7,
  digest: 'r1',
  operation: OPERATION,
  signature: 's1',
};
const ENTRY = { sequence: 1, view: 0, digest: 'd1', requests: [REQUEST] } as unknown as LedgerEntry;
const RESULT: unknown = JSON.parse(
  createStateMachine().execute(OPERATION, { client: 'gateway', timestamp: 7, sequence: 1 }),
);
const LEVEL = [0, 1, 2, 3].map(() => ({ lastExecuted: 1, ledgerHead: 'h1' }));

interface Observed {
  readonly ledger?: readonly LedgerEntry[];
  readonly statuses?: readonly { readonly lastExecuted: number; readonly ledgerHead: string }[];
  readonly faulty?: readonly number[];
  readonly outcome?: SubmissionAnswer;
}

function decided(overrides: object = {}): SubmissionAnswer {
  const answer = {
    id: 'gateway-7',
    status: 'decided',
    mode: 'ccro',
    view: 0,
    sequence: 1,
    digest: 'd1',
    result: RESULT,
    consensusTimeMs: 1,
    replies: { matching: 4, required: 2 },
    nodes: [],
  } as const;
  return { kind: 'decided', answer: { ...answer, ...overrides } };
}

const PENDING: SubmissionAnswer = {
  kind: 'undecided',
  httpStatus: 504,
  detail: 'Too late.',
  id: 'gateway-7',
};

/** What the demo finds wrong with a cluster that shows itself like this over HTTP. */
async function findings(observed: Observed): Promise<string[]> {
  const { ledger = [ENTRY], statuses = LEVEL, faulty = [], outcome = decided() } = observed;
  const server = createServer(({ url = '' }, response) => {
    const node = /^\/node\/(\d)\/status$/.exec(url)?.[1];
    const body = node === undefined ? { decisions: ledger } : statuses[Number(node)];
    response.writeHead(200, { connection: 'close' }).end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const close = (): Promise<void> => Promise.resolve();
  const cluster: RunningCluster = {
    gatewayUrl: base,
    nodes: statuses.map((_, id) => ({ id, url: `${base}/node/${id}`, close })),
    traffic: () => Promise.resolve(NO_TRAFFIC),
    trafficOf: () => Promise.resolve(NO_TRAFFIC),
    close,
  };
  return checkDecisions(cluster, new GatewayApi(base), faulty, outcome);
}

describe('what the demo checks', () => {
  it('finds nothing wrong with what is right', async () => {
    expect(await findings({})).toEqual([]);
  });

  it('finds nothing wrong with what is still pending', async () => {
    expect(await findings({ outcome: PENDING, ledger: [] })).toEqual([]);
  });

  it('finds honest nodes that differ, and does not ask the faulty ones', async () => {
    const statuses = LEVEL.map((status, id) =>
      id === 3 ? { ...status, ledgerHead: 'x' } : status,
    );
    expect(await findings({ statuses })).toEqual(['honest nodes differ at sequence 1']);
    expect(await findings({ statuses, faulty: [3] })).toEqual([]);
  });

  it('does not mistake a node that lags for one that differs', async () => {
    const behind = { lastExecuted: 0, ledgerHead: 'h0' };
    expect(await findings({ statuses: [...LEVEL.slice(1), behind] })).toEqual([]);
  });

  it('finds data that nobody asked for', async () => {
    const forged = { ...REQUEST, operation: appendOperation('forged') };
    const ledger = [ENTRY, { ...ENTRY, sequence: 2, digest: 'd2', requests: [forged] }];
    expect(await findings({ ledger })).toEqual([`sequence 2 decided ${forged.operation}`]);
  });

  it('finds a result that executing the ledger does not give', async () => {
    const wrong = await findings({ outcome: decided({ result: { index: 1, hash: 'x' } }) });
    expect(wrong).toEqual([
      `gateway-7 was answered {"index":1,"hash":"x"}, not ${JSON.stringify(RESULT)}`,
    ]);
  });

  it('finds an answer that names another batch, or a slot that is empty', async () => {
    expect(await findings({ outcome: decided({ digest: 'd9' }) })).toEqual([
      'gateway-7 names batch d9, not d1',
    ]);
    expect(await findings({ ledger: [] })).toEqual([
      'gateway-7 was answered "decided", but sequence 1 holds no request',
    ]);
  });
});
