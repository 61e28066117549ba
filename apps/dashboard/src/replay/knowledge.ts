/** Who knew what: the state of every node after each step of a recording. */

import type { Happening, Place, RecordedStep, Recording, Said } from '@ccro/simulator';

type Phase = Extract<Happening, { kind: 'voted' }>['phase'];

/** What a quorum signed, or all. */
export interface HeldCertificate {
  readonly view: number;
  readonly digest: string;
  /** Ascending. */
  readonly signers: readonly number[];
}

/** Votes of one phase on one batch in one view. */
interface HeldVotes {
  readonly phase: Phase;
  readonly view: number;
  readonly digest: string;
  /** Ascending. */
  readonly voters: readonly number[];
}

/** What a node knows of one slot. */
export interface KnownSlot {
  readonly sequence: number;
  /** The proposal it accepted last. */
  readonly accepted: { readonly view: number; readonly digest: string } | undefined;
  readonly votes: readonly HeldVotes[];
  readonly prepared: HeldCertificate | undefined;
  readonly committed: HeldCertificate | undefined;
  readonly executed: boolean;
}

export interface KnowingNode {
  readonly id: number;
  readonly view: number;
  /** It left its view and waits for the next one to begin. */
  readonly waits: boolean;
  readonly up: boolean;
  readonly fault: string | undefined;
  readonly lastExecuted: number;
  /** Whom the proposal that it accepted last names. */
  readonly collector: number | undefined;
  /** The highest checkpoint it knows to be stable. */
  readonly stable: number;
  /** All that it knows of above `stable`, ascending by sequence number. */
  readonly slots: readonly KnownSlot[];
}

export interface Knowledge {
  readonly nodes: readonly KnowingNode[];
}

export function knowledgeAtStart({ n }: Pick<Recording, 'n'>): Knowledge {
  return { nodes: Array.from({ length: n }, (_, id) => nodeAtStart(id)) };
}

function nodeAtStart(id: number): KnowingNode {
  return {
    id,
    view: 0,
    waits: false,
    up: true,
    fault: undefined,
    lastExecuted: 0,
    collector: undefined,
    stable: 0,
    slots: [],
  };
}

/** Steps between two states that are kept: one in between is found again from there. */
const KEPT_EVERY = 128;

/** The steps of a recording and what is known after each: forward and back cost the same. */
export class Timeline {
  private readonly kept: Knowledge[] = [];

  constructor(private readonly recording: Recording) {
    this.kept.push(knowledgeAtStart(recording));
  }

  /** What is known after step `index`; -1: before the first. */
  after(index: number): Knowledge {
    const { steps, n } = this.recording;
    const last = Math.min(index, steps.length - 1);
    const from = Math.min(Math.floor((last + 1) / KEPT_EVERY), this.kept.length - 1);
    let knowledge = this.kept[from] ?? knowledgeAtStart(this.recording);
    for (let at = from * KEPT_EVERY; at <= last; at += 1) {
      const step = steps[at];
      if (step !== undefined) knowledge = afterStep(knowledge, step, n);
      if ((at + 1) % KEPT_EVERY === 0) this.kept[(at + 1) / KEPT_EVERY] ??= knowledge;
    }
    return knowledge;
  }
}

/** The votes on what a vote or a certificate is about, as far as a node holds them. */
export function heldVotes(
  { nodes }: Knowledge,
  node: number,
  { phase, view, sequence, digest }: Pick<Said, 'phase' | 'view' | 'sequence' | 'digest'>,
): HeldVotes | undefined {
  const slot = nodes[node]?.slots.find((each) => each.sequence === sequence);
  return slot?.votes.find(
    (each) => each.phase === phase && each.view === view && each.digest === digest,
  );
}

/** What is known after `step`. @param n number of nodes */
export function afterStep(before: Knowledge, step: RecordedStep, n: number): Knowledge {
  if (!('node' in step)) return before;
  const node = before.nodes[step.node];
  if (node === undefined) return before;
  const changed = nodeAfter(node, step, n);
  if (changed === node) return before;
  return { nodes: before.nodes.map((each) => (each === node ? changed : each)) };
}

type StepOfNode = Extract<RecordedStep, { readonly node: number }>;

function nodeAfter(node: KnowingNode, step: StepOfNode, n: number): KnowingNode {
  switch (step.kind) {
    case 'received': {
      const { kind, phase, view, sequence, digest, author } = step.said;
      if (kind !== 'vote' || phase === undefined || phase === 'checkpoint') return node;
      if (view === undefined || sequence === undefined) return node;
      if (digest === undefined || author === undefined) return node;
      return withVote(node, phase, { view, sequence, digest }, author);
    }
    case 'accepted': {
      const { view, digest, collector } = step;
      const accepted = { view, digest };
      return { ...withSlot(node, step.sequence, (slot) => ({ ...slot, accepted })), collector };
    }
    case 'voted':
      return step.phase === 'checkpoint' ? node : withVote(node, step.phase, step, node.id);
    case 'certified':
      return withCertificate(node, step.phase, step, step.signers, n);
    case 'executed': {
      const executed = withSlot(node, step.sequence, (slot) => ({ ...slot, executed: true }));
      return { ...executed, lastExecuted: Math.max(node.lastExecuted, step.sequence) };
    }
    case 'progress':
      return afterProgress(node, step.progress);
    case 'stopped':
    case 'power-off':
      return { ...node, up: false };
    case 'started':
      return startedAgain(node, step, n);
    case 'fault':
      return { ...node, fault: step.fault };
    case 'evidence':
    case 'rejected':
    case 'withheld':
      return node;
  }
}

function afterProgress(
  node: KnowingNode,
  progress: Extract<Happening, { kind: 'progress' }>['progress'],
): KnowingNode {
  switch (progress.kind) {
    case 'left-view':
      return { ...node, waits: true };
    case 'entered-view':
      return { ...node, view: progress.view, waits: false };
    case 'stable-checkpoint':
      return withStable(node, progress.sequence);
    case 'fetching-state':
    case 'settings-differ':
    case 'takes-no-part':
    case 'takes-part-again':
      return node;
    case 'took-state-over':
      return { ...node, lastExecuted: Math.max(node.lastExecuted, progress.sequence) };
  }
}

function startedAgain(
  { id, fault, stable }: KnowingNode,
  { view, lastExecuted, voted, certified }: Extract<RecordedStep, { kind: 'started' }>,
  n: number,
): KnowingNode {
  const known = { view, fault, lastExecuted, stable: Math.min(stable, lastExecuted) };
  let node: KnowingNode = { ...nodeAtStart(id), ...known };
  for (const vote of voted) node = withVote(node, vote.phase, vote, id);
  for (const held of certified) node = withCertificate(node, held.phase, held, held.signers, n);
  const slots = node.slots.map((slot) => ({ ...slot, executed: slot.sequence <= lastExecuted }));
  return { ...node, slots };
}

function withVote(node: KnowingNode, phase: Phase, place: Place, voter: number): KnowingNode {
  const { view, digest } = place;
  return withSlot(node, place.sequence, (slot) => {
    const same = (each: HeldVotes): boolean =>
      each.phase === phase && each.view === view && each.digest === digest;
    const voters = new Set(slot.votes.find(same)?.voters ?? []).add(voter);
    const held = { phase, view, digest, voters: [...voters].sort((a, b) => a - b) };
    return { ...slot, votes: [...slot.votes.filter((each) => !same(each)), held] };
  });
}

function withCertificate(
  node: KnowingNode,
  phase: Phase,
  { view, sequence, digest }: Place,
  signers: readonly number[],
  n: number,
): KnowingNode {
  if (phase === 'checkpoint') return withStable(node, sequence);
  const held = { view, digest, signers };
  // The votes of all decide in one round.
  const decides = phase === 'commit' || signers.length === n;
  return withSlot(node, sequence, (slot) => ({
    ...slot,
    prepared: phase === 'prepare' ? held : slot.prepared,
    committed: decides ? held : slot.committed,
  }));
}

/** Slots up to a stable checkpoint are of no use any more. */
function withStable(node: KnowingNode, sequence: number): KnowingNode {
  const stable = Math.max(node.stable, sequence);
  return { ...node, stable, slots: node.slots.filter((slot) => slot.sequence > stable) };
}

function withSlot(
  node: KnowingNode,
  sequence: number,
  change: (slot: KnownSlot) => KnownSlot,
): KnowingNode {
  if (sequence <= node.stable) return node;
  const known = node.slots.find((slot) => slot.sequence === sequence) ?? {
    sequence,
    accepted: undefined,
    votes: [],
    prepared: undefined,
    committed: undefined,
    executed: false,
  };
  const slots = [...node.slots.filter((slot) => slot.sequence !== sequence), change(known)];
  slots.sort((a, b) => a.sequence - b.sequence);
  return { ...node, slots };
}
