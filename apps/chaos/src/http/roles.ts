import { z } from 'zod';
import { httpCall, NoAnswer } from './http-call.js';

const ROLES_TIMEOUT_MS = 2_000;

const rolesSchema = z.looseObject({
  view: z.int().min(0),
  primary: z.int().min(0),
  collector: z.int().min(0).nullable(),
  brokerConnected: z.boolean(),
});

/** Who plays which part, by the word of f + 1 nodes. */
export interface Roles {
  readonly view: number;
  readonly primary: number;
  /** Null in PBFT, which has none. */
  readonly collector: number | null;
  /** Whether the gateway that says so has its connection to Redis. */
  readonly brokerConnected: boolean;
}

/**
 * `GET /status` of the first gateway that answers.
 *
 * @returns undefined when none does
 */
export async function readRoles(gatewayUrls: readonly string[]): Promise<Roles | undefined> {
  for (const url of gatewayUrls) {
    try {
      const answer = await httpCall(url, 'GET', '/status', { timeoutMs: ROLES_TIMEOUT_MS });
      const roles = rolesSchema.safeParse(answer.body).data;
      if (roles !== undefined) return roles;
    } catch (error) {
      if (!(error instanceof NoAnswer)) throw error;
    }
  }
  return undefined;
}
