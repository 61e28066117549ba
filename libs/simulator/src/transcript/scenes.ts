/**
 * Short stories of the protocol, without any chance in them: every message takes one millisecond
 * and every disk is quick. Their transcripts in `libs/simulator/transcripts` show what is said when;
 * a change of the protocol shows there as a difference to review.
 */

import { nodeConnectionName } from '@ccro/broker';
import { putOperation } from '@ccro/state-machine';
import { json } from '@ccro/wire';
import type { SimulatedCluster, SimulationOptions } from '../simulated-cluster.js';
import { INSTANT_DISK } from '../simulated-disk.js';
import type { SimulatedNode } from '../simulated-node.js';

export interface Scene {
  /** Name of the transcript's file, without `.txt`. */
  readonly name: string;
  /** With the section of the paper that it shows. */
  readonly title: string;
  /** What to look for, in a sentence or two. */
  readonly about: string;
  readonly options: Pick<SimulationOptions, 'mode'> & Partial<SimulationOptions>;
  /** Brings the cluster to where the story begins. */
  readonly prepare?: (cluster: SimulatedCluster) => Promise<void>;
  readonly play: (cluster: SimulatedCluster) => Promise<void>;
}

const LIMIT_MS = 20_000;

async function decideOne(cluster: SimulatedCluster): Promise<void> {
  cluster.submit('hello');
  await decided(cluster);
}

/** Until everything submitted is decided, and the last replies are in. */
async function decided(cluster: SimulatedCluster): Promise<void> {
  await cluster.decide(cluster.submitted, LIMIT_MS);
  await pass(cluster, 2);
}

async function pass(cluster: SimulatedCluster, ms: number): Promise<void> {
  await cluster.time.runUntil(() => false, ms);
}

function isolate(cluster: SimulatedCluster, replica: number): void {
  const name = nodeConnectionName(replica);
  cluster.note(`node ${replica} is cut off`);
  cluster.network.connected = (from, to) => from !== name && to !== name;
}

function heal(cluster: SimulatedCluster): void {
  cluster.note('the network is whole again');
  cluster.network.connected = () => true;
}

async function putSome(cluster: SimulatedCluster, count: number): Promise<void> {
  for (let index = 1; index <= count; index += 1) {
    cluster.submitOperation('gateway', putOperation(`key ${index % 2}`, index));
    await cluster.decide(cluster.submitted, LIMIT_MS);
  }
}

function isCommitVote({ facts }: SimulatedCluster, payload: Uint8Array): boolean {
  const { message } = json.decode(payload, facts.cluster);
  return message?.kind === 'vote' && message.phase === 'commit';
}

function hasPrepared(node: SimulatedNode): boolean {
  const certificates = node.stored()?.certificates ?? [];
  return certificates.some(({ phase }) => phase === 'prepare');
}

export const SCENES: readonly Scene[] = [
  {
    name: 'normal-case-ccro',
    title: 'Normal case, CCRO (PBFT, section 4.2, with a collector)',
    about: 'Votes go to node 2, the collector, which makes one certificate of them for all.',
    options: { mode: 'ccro' },
    play: decideOne,
  },
  {
    name: 'normal-case-pbft',
    title: 'Normal case, PBFT (PBFT, section 4.2)',
    about: 'Votes go to everyone, and everyone makes the certificates for itself.',
    options: { mode: 'pbft' },
    play: decideOne,
  },
  {
    name: 'start',
    title: 'A cluster starts (docs/PROTOCOL.md, help and retransmission)',
    about: 'The primary proposes nothing before a quorum has told it where it is.',
    options: { mode: 'ccro' },
    prepare: () => Promise.resolve(),
    play: (cluster) => {
      cluster.submit('early');
      return decided(cluster);
    },
  },
  {
    name: 'checkpoint',
    title: 'A checkpoint becomes stable (PBFT, section 4.3)',
    about:
      'After every second slot replicas vote on their state; a quorum of votes is proof of it.',
    options: { mode: 'ccro', tuning: { checkpointInterval: 2, windowSlots: 8 } },
    play: async (cluster) => {
      await putSome(cluster, 2);
      await pass(cluster, 5);
    },
  },
  {
    name: 'silent-commander',
    title: 'View change: a silent primary is replaced (PBFT, section 4.4)',
    about:
      'Node 0 says nothing. The others wait for the request, leave view 0, and node 1 begins 1.',
    options: { mode: 'ccro', faulty: new Map([[0, 'offline']]) },
    play: decideOne,
  },
  {
    name: 'carried-over',
    title: 'View change: what was prepared is carried over (PBFT, section 4.4)',
    about:
      'All commit votes are lost, and node 0 goes. View 1 proposes again what was prepared, under ' +
      'the same digest.',
    options: { mode: 'pbft' },
    play: async (cluster) => {
      cluster.network.connected = (_from, _to, payload) => !isCommitVote(cluster, payload);
      cluster.note('commit votes are lost');
      cluster.submit('carried over');
      await cluster.time.runUntil(() => cluster.nodes.every(hasPrepared), LIMIT_MS);
      cluster.note('node 0 loses power');
      cluster.node(0).crash();
      const others = cluster.nodes.slice(1);
      await cluster.time.runUntil(() => others.every((node) => !node.status().active), LIMIT_MS);
      heal(cluster);
      await decided(cluster);
    },
  },
  {
    name: 'dead-collector',
    title: 'A dead collector costs one wait (docs/PROTOCOL.md, the collector)',
    about: 'Node 2 gathers nothing. Votes are broadcast on that slot; the next names another one.',
    options: { mode: 'ccro', faulty: new Map([[2, 'offline']]) },
    play: async (cluster) => {
      await decideOne(cluster);
      cluster.note('the next request');
      await decideOne(cluster);
    },
  },
  {
    name: 'equivocating-commander',
    title: 'A primary that equivocates is convicted (PBFT, section 4.2)',
    about:
      'Node 0 tells node 3 something else than the others. One of the two batches is decided, ' +
      'and where both proposals meet they convict it.',
    options: { mode: 'pbft', faulty: new Map([[0, 'equivocate']]) },
    play: async (cluster) => {
      await decideOne(cluster);
      await cluster.level(1, LIMIT_MS);
      await pass(cluster, 2);
    },
  },
  {
    name: 'lagging-replica',
    title: 'A replica that missed decisions gets them (PBFT, section 4.4, last paragraph)',
    about: 'Node 3 was away for two slots. A decision proves itself, whoever it comes from.',
    options: { mode: 'ccro' },
    play: async (cluster) => {
      isolate(cluster, 3);
      await putSome(cluster, 2);
      heal(cluster);
      await cluster.level(2, LIMIT_MS);
    },
  },
  {
    name: 'state-transfer',
    title: 'A replica far behind takes a state over (PBFT, section 4.4, last paragraph)',
    about:
      'Node 3 was away for longer than the window, and the others keep one decision alone. It ' +
      'fetches the state at their checkpoint.',
    options: {
      mode: 'ccro',
      tuning: { checkpointInterval: 2, windowSlots: 4 },
      disk: { ...INSTANT_DISK, keptDecisions: 1 },
    },
    prepare: async (cluster) => {
      await pass(cluster, 10);
      isolate(cluster, 3);
      await putSome(cluster, 8);
      await pass(cluster, 10);
    },
    play: async (cluster) => {
      heal(cluster);
      await cluster.level(8, LIMIT_MS);
    },
  },
  {
    name: 'restart',
    title: 'All replicas restart with a slot half decided (docs/PROTOCOL.md, restart)',
    about:
      'Power goes when the slot is prepared. Everyone knows its votes again, and says the same.',
    options: { mode: 'ccro' },
    play: async (cluster) => {
      cluster.submit('in the middle of it');
      const prepared = (): boolean => cluster.nodes.every(hasPrepared);
      await cluster.time.runUntil(prepared, LIMIT_MS);
      cluster.note('power is cut everywhere');
      for (const node of cluster.nodes) node.crash();
      await pass(cluster, 20);
      cluster.note('power is back');
      for (const node of cluster.nodes) node.restart();
      await decided(cluster);
    },
  },
];
