import { z } from 'zod';
import { httpCall } from './http-call.js';

const STATUS_TIMEOUT_MS = 1_000;

const count = z.int().min(0);

const nodeStatusSchema = z.looseObject({
  id: count,
  view: count,
  primary: count,
  collector: count.nullish(),
  lastExecuted: count,
  lowWatermark: count,
  highWatermark: count,
  ledgerHead: z.string(),
  fault: z.string().nullish(),
  brokerConnected: z.boolean(),
});

/** What a node says of itself at its own HTTP interface, as far as it is read here. */
export type NodeStatus = z.infer<typeof nodeStatusSchema>;

/** @returns undefined when it does not answer, as a node that is down or frozen */
export async function readNodeStatus(url: string | undefined): Promise<NodeStatus | undefined> {
  if (url === undefined) return undefined;
  try {
    const answer = await httpCall(url, 'GET', '/status', { timeoutMs: STATUS_TIMEOUT_MS });
    return nodeStatusSchema.safeParse(answer.body).data;
  } catch {
    return undefined;
  }
}
