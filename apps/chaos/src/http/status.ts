/** What nodes and gateways say of themselves. */

import { z } from 'zod';
import { httpCall } from './http-call.js';

const NODE_STATUS_TIMEOUT_MS = 1_000;
const ROLES_TIMEOUT_MS = 2_000;
const READINESS_TIMEOUT_MS = 2_000;

const count = z.int().min(0);

const nodeStatusSchema = z.looseObject({
  lastExecuted: count,
  lowWatermark: count,
  highWatermark: count,
  ledgerHead: z.string(),
  stateAt: count,
  stateDigest: z.string(),
  fault: z.string().nullish(),
  brokerConnected: z.boolean(),
});

/** What a node says of itself at its own HTTP interface, as far as it is read here. */
export type NodeStatus = z.infer<typeof nodeStatusSchema>;

/** @returns undefined when it does not answer, as a node that is down or frozen */
export async function readNodeStatus(url: string | undefined): Promise<NodeStatus | undefined> {
  if (url === undefined) return undefined;
  const { body } = await httpCall(url, 'GET', '/status', { timeoutMs: NODE_STATUS_TIMEOUT_MS });
  return nodeStatusSchema.safeParse(body).data;
}

const rolesSchema = z.looseObject({
  view: count,
  primary: count,
  /** Null in PBFT, which has none. */
  collector: count.nullable(),
});

/** Who plays which part, by the word of f + 1 nodes. */
export type Roles = z.infer<typeof rolesSchema>;

/**
 * `GET /status` of the first gateway that answers.
 *
 * @returns undefined when none does
 */
export async function readRoles(gatewayUrls: readonly string[]): Promise<Roles | undefined> {
  for (const url of gatewayUrls) {
    const { body } = await httpCall(url, 'GET', '/status', { timeoutMs: ROLES_TIMEOUT_MS });
    const roles = rolesSchema.safeParse(body).data;
    if (roles !== undefined) return roles;
  }
  return undefined;
}

/**
 * What a node or gateway says about itself at `GET /health/ready`.
 *
 * @returns why it is not ready; null when it is; undefined when it does not answer
 */
export async function readReadiness(url: string): Promise<string | null | undefined> {
  const options = { timeoutMs: READINESS_TIMEOUT_MS };
  const { status, body } = await httpCall(url, 'GET', '/health/ready', options);
  if (status === undefined) return undefined;
  if (status === 200) return null;
  const { detail } = body;
  return typeof detail === 'string' ? detail : `HTTP ${status}`;
}
