import { sumOfTraffic, type TrafficCount } from '@ccro/broker';
import { z } from 'zod';
import type { RunningNode } from './running-cluster.js';

const count = z.int().nonnegative();
const answerSchema = z.object({ published: count, deliveries: count, deliveredBytes: count });

/** Late votes and replies come within moments: then it is the same at two looks. */
const LOOK_EVERY_MS = 40;
const MAX_LOOKS = 10;
/** A node that is busy or gone holds up no report for longer. */
const NODE_TIMEOUT_MS = 1_000;

/**
 * What the nodes published about the slot of a decision, once nothing more comes; each counts its
 * own. One that does not answer is left out.
 */
export async function decisionTraffic(
  nodes: readonly RunningNode[],
  sequence: number,
): Promise<TrafficCount> {
  let before = await sumOf(nodes, sequence);
  for (let look = 1; look < MAX_LOOKS; look += 1) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    const now = await sumOf(nodes, sequence);
    if (now.published === before.published) return now;
    before = now;
  }
  return before;
}

async function sumOf(nodes: readonly RunningNode[], sequence: number): Promise<TrafficCount> {
  const counts = await Promise.all(nodes.map(({ url }) => ofNode(url, sequence)));
  return sumOfTraffic(counts.filter((each) => each !== undefined));
}

async function ofNode(url: string, sequence: number): Promise<TrafficCount | undefined> {
  try {
    const signal = AbortSignal.timeout(NODE_TIMEOUT_MS);
    const response = await fetch(`${url}/slots/${sequence}/traffic`, { signal });
    return answerSchema.safeParse(await response.json()).data;
  } catch {
    return undefined;
  }
}
