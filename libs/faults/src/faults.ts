/** Ways in which a node can be faulty, in the order in which they are listed to users. */

import type { OutgoingMessage } from '@ccro/consensus';
import type { BehaviourContext, Conduct } from './behaviour.js';
import { doubleVote } from './behaviours/double-vote.js';
import { equivocate } from './behaviours/equivocate.js';
import { fabricate } from './behaviours/fabricate.js';
import { falseState } from './behaviours/false-state.js';
import { falseViewChange } from './behaviours/false-view-change.js';
import { falseReplies, falsify } from './behaviours/falsify.js';
import { forgeCertificate } from './behaviours/forge-certificate.js';
import { delay, offline, silentCollector } from './behaviours/silence.js';
import { splitCollectors } from './behaviours/split-collectors.js';

interface Fault {
  /** One line for `--help` and the API's reference. */
  readonly description: string;
  /** Who has to have it for it to matter: the first node to be faulty. */
  readonly role?: 'primary' | 'collector';
  /** Kinds of messages that it changes, delays or leaves out: in all else it is honest. */
  readonly lies: readonly OutgoingMessage['kind'][] | 'all';
  readonly conduct: (context: BehaviourContext) => Conduct;
}

export const FAULTS = {
  offline: {
    description: 'hears nothing and sends nothing',
    lies: 'all',
    conduct: offline,
  },
  falsify: {
    description: 'votes for wrong data and replies with wrong results',
    lies: ['vote', 'reply'],
    conduct: falsify,
  },
  'false-replies': {
    description: 'votes honestly, but replies to clients with wrong results',
    lies: ['reply'],
    conduct: falseReplies,
  },
  equivocate: {
    description: 'as commander, proposes different data to different nodes and votes for both',
    role: 'primary',
    lies: ['pre-prepare', 'vote'],
    conduct: equivocate,
  },
  'split-collectors': {
    description: 'as commander, names another communication node to each node',
    role: 'primary',
    lies: ['pre-prepare'],
    conduct: splitCollectors,
  },
  'double-vote': {
    description: 'sends every vote twice, for two different digests',
    lies: ['vote'],
    conduct: doubleVote,
  },
  'silent-collector': {
    description: 'as communication node, gathers no votes and sends no certificates',
    role: 'collector',
    lies: ['certificate'],
    conduct: silentCollector,
  },
  'forge-certificate': {
    description: 'as communication node, sends only forged certificates',
    role: 'collector',
    lies: ['certificate'],
    conduct: forgeCertificate,
  },
  fabricate: {
    description: 'as commander, proposes requests that no client signed',
    role: 'primary',
    lies: ['pre-prepare', 'vote'],
    conduct: fabricate,
  },
  'false-view-change': {
    description: 'hides what it voted for; as new commander, drops what was under way',
    lies: ['view-change', 'new-view'],
    conduct: falseViewChange,
  },
  'false-state': {
    description: 'hands out wrong states and decisions to nodes that catch up',
    lies: ['decision', 'chunk-part'],
    conduct: falseState,
  },
  delay: {
    description: 'sends everything late',
    lies: 'all',
    conduct: delay,
  },
} as const satisfies Readonly<Record<string, Fault>>;

export type FaultKind = keyof typeof FAULTS;

/** Every kind of fault, in their order. */
export const FAULT_KINDS = Object.keys(FAULTS) as [FaultKind, ...FaultKind[]];

export function isFaultKind(text: string): text is FaultKind {
  return Object.hasOwn(FAULTS, text);
}

/** How a node with a certain fault acts. */
export interface Behaviour extends Required<Conduct> {
  readonly kind: FaultKind;
}

/** The behaviour of a node with this fault. Each faulty node has its own: they keep state. */
export function createBehaviour(kind: FaultKind, context: BehaviourContext): Behaviour {
  return { kind, hears: () => true, ...FAULTS[kind].conduct(context) };
}
