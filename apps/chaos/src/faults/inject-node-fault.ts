/** Faults of nodes, each from its beginning until the node has recovered. */

import { rename } from 'node:fs/promises';
import { httpCall } from '../http/http-call.js';
import { readNodeStatus, readRoles, type Roles } from '../http/status.js';
import { pause, until } from '@ccro/clock';
import { StartFailure, type ProcessCluster, type SupervisedProcess } from '@ccro/process-cluster';
import type { Incident } from '../timeline.js';
import type { FaultContext } from './fault-context.js';
import { damageStore } from './damage-store.js';
import { describeFault, type NodeFault } from './planned-fault.js';
import {
  readStatuses,
  SLOTS_AFTER_LIES,
  untilReady,
  untilRecovered,
  untilStableElsewhere,
} from './recovery.js';
import { injectProgramFault, killAndRevive } from './inject-program-fault.js';

const INJECTION_BOUND_MS = 30_000;
const CALL_TIMEOUT_MS = 3_000;
/** A program that is well answers sooner. */
const FROZEN_TIMEOUT_MS = 500;
const SHOWN_BOUND_MS = 10_000;

/** What a refusal to start on a damaged store must speak of. */
const REFUSAL = /damage/i;

/**
 * Does `fault` to its victim, takes it back, and waits until the victim has recovered.
 *
 * @throws Overdue when it does not recover, StartFailure when it does not start again, Quit
 */
export async function injectNodeFault(fault: NodeFault, context: FaultContext): Promise<void> {
  const { cluster, timeline, affected, quit } = context;
  const roles = await readRoles(cluster.gatewayUrls());
  const id = chooseVictim(fault, roles, context);
  if (id === undefined) return;
  affected.take(id, describeFault(fault));
  const node = cluster.node(id);
  const role = roles === undefined ? undefined : roleOf(id, roles);
  const incident = timeline.injected(fault, node.name, role, roles?.view);
  switch (fault.kind) {
    case 'kill':
      await killAndRevive(node, fault.downMs, incident, context);
      await untilRecovered(cluster, id, 0, quit);
      break;
    case 'freeze':
      await freeze(node, fault.forMs, incident, context);
      await untilRecovered(cluster, id, 0, quit);
      break;
    case 'misbehave':
      await misbehave(id, fault, incident, context);
      await untilRecovered(cluster, id, SLOTS_AFTER_LIES, quit);
      break;
    case 'replace':
      await replace(id, fault.damageSeed, incident, context);
      await untilRecovered(cluster, id, SLOTS_AFTER_LIES, quit);
      break;
    default:
      await injectProgramFault(fault, node, incident, context);
      await untilRecovered(cluster, id, 0, quit);
      await untilReady([node], quit);
  }
  timeline.over(incident);
  affected.release(id);
}

async function freeze(
  node: SupervisedProcess,
  forMs: number,
  incident: Incident,
  { timeline, timeUp }: FaultContext,
): Promise<void> {
  const { url = '' } = node;
  node.pause();
  const [isSilent] = await Promise.all([saysNothing(url), pause(forMs, timeUp)]);
  node.resume();
  if (isSilent) incident.showed = 'it did not answer';
  timeline.healed(incident);
}

async function misbehave(
  id: number,
  { behaviour, forMs }: Extract<NodeFault, { kind: 'misbehave' }>,
  incident: Incident,
  { cluster, timeline, timeUp, quit }: FaultContext,
): Promise<void> {
  await setFault(cluster, id, behaviour, quit);
  await until(`${behaviour} of node ${id}`, { boundMs: SHOWN_BOUND_MS, quit }, async () => {
    const status = await readNodeStatus(cluster.node(id).url);
    return status?.fault === behaviour ? true : undefined;
  });
  incident.showed = `it said that it does: ${behaviour}`;
  await pause(forMs, timeUp);
  await setFault(cluster, id, null, quit);
  timeline.healed(incident);
}

/**
 * What docs/OPERATIONS.md tells an operator to do about a damaged store: the node may come back
 * with an empty one once no slot matters any more in which it may have voted. Until it has caught
 * up it counts as faulty.
 */
async function replace(
  id: number,
  damageSeed: string,
  incident: Incident,
  { cluster, timeline, quit }: FaultContext,
): Promise<void> {
  const node = cluster.node(id);
  await node.kill();
  const windows = (await readStatuses(cluster)).map((status) => status?.highWatermark ?? 0);
  const store = cluster.storeOf(id);
  const { bytes, files } = await damageStore(store, damageSeed);
  incident.notes.push(`${bytes} bytes flipped in ${files} files`);
  const refusal = await refusalToStart(cluster, id);
  if (refusal === undefined) {
    timeline.finding(`node ${id} started on a damaged store (incident ${incident.number})`);
    await node.kill();
  } else {
    incident.showed = `refused to start: ${refusal}`;
    if (!REFUSAL.test(refusal)) {
      timeline.finding(`node ${id} refused a damaged store without saying so: ${refusal}`);
    }
  }
  // Of no use any more, and kept nevertheless.
  await rename(store, `${store}.damaged-${incident.number}`);
  await untilStableElsewhere(cluster, id, Math.max(...windows), quit);
  await cluster.revive(node);
  timeline.healed(incident);
}

/** Whether a program that should be frozen is. */
async function saysNothing(url: string): Promise<boolean> {
  const options = { timeoutMs: FROZEN_TIMEOUT_MS };
  return (await httpCall(url, 'GET', '/health/live', options)).status === undefined;
}

/** The node's last output; undefined when it did start. */
async function refusalToStart(cluster: ProcessCluster, id: number): Promise<string | undefined> {
  try {
    await cluster.revive(cluster.node(id));
    return undefined;
  } catch (error) {
    if (!(error instanceof StartFailure)) throw error;
    return error.lastLine;
  }
}

/** Through whichever gateway answers. @throws Overdue, Quit */
async function setFault(
  cluster: ProcessCluster,
  id: number,
  kind: string | null,
  quit: AbortSignal,
): Promise<void> {
  const method = kind === null ? 'DELETE' : 'PUT';
  const body = kind === null ? {} : { json: { kind } };
  const what = kind === null ? `telling node ${id} to behave` : `telling node ${id} to ${kind}`;
  await until(what, { boundMs: INJECTION_BOUND_MS, quit, everyMs: 100 }, async () => {
    for (const url of cluster.gatewayUrls()) {
      const options = { timeoutMs: CALL_TIMEOUT_MS, ...body };
      const { status } = await httpCall(url, method, `/nodes/${id}/fault`, options);
      if (status === 200) return true;
    }
    return undefined;
  });
}

/**
 * Undefined when nobody is well whom it can be done to. Only a node that reaches Redis over a path of
 * its own can lose it in silence.
 */
function chooseVictim(
  { kind, victim }: NodeFault,
  roles: Roles | undefined,
  { cluster, affected }: FaultContext,
): number | undefined {
  const allWell = affected.wellAmong(cluster.nodes.length);
  const hasPath = (id: number): boolean =>
    cluster.surroundingsOf(cluster.node(id)).path !== undefined;
  const well = kind === 'silent-redis' ? allWell.filter(hasPath) : allWell;
  const wanted = victim.role === 'any' ? undefined : roles?.[victim.role];
  if (typeof wanted === 'number' && well.includes(wanted)) return wanted;
  const pick = victim.role === 'any' ? victim.pick : 0;
  return well[Math.floor(pick * well.length)];
}

function roleOf(id: number, { primary, collector }: Roles): string {
  if (id === primary) return 'primary';
  return id === collector ? 'collector' : 'replica';
}
