/** Clusters as `npm start` boots them, quietly and on free ports, closed when their test ends. */

import { maxFaulty, type Evidence } from '@ccro/consensus';
import { chooseFaulty, type FaultKind } from '@ccro/faults';
import type { NodeStatus } from '@ccro/node-app';
import { Logger } from '@nestjs/common';
import { expect, onTestFinished, vi } from 'vitest';
import { EMBEDDED } from '../../demo/cases.js';
import { GatewayApi, type DecidedAnswer } from '../../gateway-api.js';
import type { RunningCluster, RunningNode } from '../../launch/running-cluster.js';
import { startCluster } from '../../launch/start-cluster.js';
import type { ClusterOptions } from '../../options/cluster-options.js';
import { call, type Answer, type CallOptions } from './http.testkit.js';

// Faults are injected on purpose here: what nodes say about them is no news.
Logger.overrideLogger(['error', 'fatal']);

/** How long a cluster may take for what it must do, unless a test says otherwise. */
export const PATIENCE_MS = 20_000;

export interface TestCluster extends RunningCluster {
  readonly options: ClusterOptions;
  readonly gateway: GatewayApi;
  /** Nodes without a fault. */
  readonly honest: readonly RunningNode[];
  /** Calls the gateway. */
  call(method: string, path: string, options?: CallOptions): Promise<Answer>;
}

/** Starts a cluster; the caller closes it. A node that stops fails the close. */
export async function launchCluster(overrides: Partial<ClusterOptions> = {}): Promise<TestCluster> {
  const options = { ...EMBEDDED, requestTimeoutMs: PATIENCE_MS, ...overrides };
  const fatal: unknown[] = [];
  const cluster = await startCluster(options, {
    onNotice: () => undefined,
    onFatal: (error) => fatal.push(error),
  });
  return {
    ...cluster,
    options,
    gateway: new GatewayApi(cluster.gatewayUrl, cluster.gatewayKey),
    honest: cluster.nodes.filter(({ id }) => !options.faulty.includes(id)),
    call: (method, path, callOptions) => call(cluster.gatewayUrl, method, path, callOptions),
    close: async () => {
      await cluster.close();
      expect(fatal).toEqual([]);
    },
  };
}

/** Starts a cluster that is closed when the test has finished. */
export async function startedCluster(
  overrides: Partial<ClusterOptions> = {},
): Promise<TestCluster> {
  const cluster = await launchCluster(overrides);
  onTestFinished(() => cluster.close());
  return cluster;
}

/** What the cluster is called on its channels and in everything that is signed. */
export async function nameOf(cluster: TestCluster): Promise<string> {
  const { body } = await cluster.call('GET', '/status');
  return String(body['cluster']);
}

/** Options for f nodes with the same fault, those whose role it needs first. */
export function withFaulty(
  nodes: number,
  fault: FaultKind,
): Pick<ClusterOptions, 'nodes' | 'fault' | 'faulty'> {
  const count = maxFaulty(nodes);
  return { nodes, fault, faulty: chooseFaulty({ n: nodes, count, kind: fault, seed: nodes }) };
}

/** What a node says of itself over HTTP. */
export async function statusOf({ url }: { readonly url: string }): Promise<NodeStatus> {
  return (await (await fetch(`${url}/status`)).json()) as NodeStatus;
}

/**
 * Waits until `nodes` have executed up to `sequence` at least and are level.
 *
 * @returns their statuses
 */
export async function untilLevel(
  nodes: readonly { readonly url: string }[],
  sequence: number,
  timeout = PATIENCE_MS,
): Promise<NodeStatus[]> {
  return vi.waitFor(
    async () => {
      const statuses = await Promise.all(nodes.map(statusOf));
      const executed = statuses.map(({ lastExecuted }) => lastExecuted);
      expect(Math.min(...executed)).toBeGreaterThanOrEqual(sequence);
      expect(new Set(executed).size).toBe(1);
      return statuses;
    },
    { timeout, interval: 50 },
  );
}

/** Ids that some honest node holds evidence of one of `kinds` against, ascending. */
export async function accused(
  cluster: TestCluster,
  kinds: readonly Evidence['kind'][],
): Promise<number[]> {
  const honest = new Set(cluster.honest.map(({ id }) => id));
  const byWitness = await cluster.gateway.evidence();
  const ids = byWitness
    .filter(({ id }) => honest.has(id))
    .flatMap(({ evidence }) => evidence)
    .filter(({ kind }) => kinds.some((each) => each === kind))
    .map((entry) => entry.accused);
  return [...new Set(ids)].sort((a, b) => a - b);
}

/** Waits until the request with this id is decided, without sending it again. */
export function untilDecided(
  gatewayUrl: string,
  id: unknown,
  timeout = PATIENCE_MS,
): Promise<DecidedAnswer> {
  return vi.waitFor(
    async () => {
      const { status, body } = await call(gatewayUrl, 'GET', `/requests/${String(id)}`);
      expect({ status, body }).toMatchObject({ status: 200, body: { id, status: 'decided' } });
      return body as unknown as DecidedAnswer;
    },
    { timeout, interval: 50 },
  );
}
