/**
 * Protocols that are wrong on purpose, one rule each: the real sources with a few words changed
 * when they are loaded. The protocol's own code does not know of them. The simulator must find every
 * one: a rule whose violation it does not find is not tested.
 */

import type { BrokenProtocol } from './broken-protocol.js';
import { AGGREGATING, REQUESTS } from './broken-signatures.js';
import { VIEWS } from './broken-views.js';

const CONSENSUS = 'libs/consensus/src';
const CRYPTO = 'libs/crypto/src';

/** Rules about votes, certificates and what is believed. */
const VOTING: readonly BrokenProtocol[] = [
  {
    name: 'quorum-too-small',
    breaks: 'Two quorums share an honest replica; f + 1 signers are taken for one.',
    edits: [
      {
        file: `${CONSENSUS}/model/quorum.ts`,
        find: 'return Math.ceil((n + maxFaulty(n) + 1) / 2);',
        replace: 'return maxFaulty(n) + 1;',
      },
    ],
    violates: ['certificates'],
    foundBy: 'runs',
  },
  {
    name: 'prepared-is-committed',
    breaks: 'A slot is decided by commit votes; prepare votes are taken for them.',
    edits: [
      {
        file: `${CONSENSUS}/slot/voting.ts`,
        find: 'onPrepared(state, slot, certificate);',
        replace:
          "{ slot.setCertificate({ ...certificate, phase: 'commit' }); " +
          'onDecided(state, slot, certificate); }',
      },
    ],
    violates: ['certificates', 'agreement'],
    foundBy: 'runs',
  },
  {
    name: 'full-without-all',
    breaks: 'The votes of all n decide in one round; all but one are taken for all.',
    edits: [
      {
        file: `${CONSENSUS}/model/quorum.ts`,
        find: 'proof.signers.length === n',
        replace: 'proof.signers.length >= n - 1',
      },
    ],
    violates: ['certificates', 'agreement'],
    foundBy: 'runs',
  },
  {
    name: 'vote-signature-unchecked',
    breaks: "A vote is its signer's word; votes are believed whoever made them up.",
    edits: [
      {
        file: `${CRYPTO}/ed25519-scheme.ts`,
        find: 'return signatureHolds(voteBytes(cluster, vote), vote.signature, key)',
        replace: 'return true',
      },
    ],
    violates: ['certificates'],
    foundBy: 'runs',
  },
  {
    name: 'certificate-unchecked',
    breaks: "A certificate's signatures hold; nobody looks.",
    edits: [
      {
        file: `${CRYPTO}/ed25519-scheme.ts`,
        find: "return allHold ? undefined : 'certificate-bad-signature';",
        replace: 'return undefined;',
      },
    ],
    violates: ['certificates', 'agreement', 'stopped'],
    foundBy: 'runs',
  },
  {
    name: 'signers-not-distinct',
    breaks: 'Signers are counted, never signatures; a replica may sign twice.',
    edits: [
      {
        file: `${CRYPTO}/certificate-scheme.ts`,
        find: 'signer === previous',
        replace: 'false',
      },
    ],
    violates: ['certificates'],
    foundBy: 'runs',
  },
  {
    name: 'carried-over-fast',
    breaks: 'What a view carries over is decided in two rounds; it may be decided in one.',
    edits: [
      {
        file: `${CONSENSUS}/slot/voting.ts`,
        find: '!state.carriedOver.has(slot.sequence)',
        replace: 'true',
      },
    ],
    violates: ['certificates'],
    foundBy: 'runs',
  },
  {
    name: 'stale-certificate',
    breaks: 'A replica commits on a prepare certificate of its own view; any view is good enough.',
    edits: [
      {
        file: `${CONSENSUS}/slot/on-certificate.ts`,
        find: '!isDecisive && (view !== state.view || !state.active)',
        replace: 'false',
      },
    ],
    violates: ['stopped', 'agreement', 'leaving', 'no-equivocation', 'liveness'],
    foundBy: 'runs',
  },
];

/** Rules about execution, checkpoints and state transfer. */
const EXECUTION: readonly BrokenProtocol[] = [
  {
    name: 'executed-twice',
    breaks: 'A (client, timestamp) executes once; the client table is not asked.',
    edits: [
      {
        file: `${CONSENSUS}/slot/executing.ts`,
        find: "seen.kind === 'executed'",
        replace: 'false',
      },
    ],
    violates: ['integrity'],
    foundBy: 'runs',
  },
  {
    name: 'checkpoint-of-one',
    breaks: "A checkpoint is stable when a quorum has the same state; one's own is enough.",
    edits: [
      {
        file: `${CONSENSUS}/sync/checkpointing.ts`,
        find: 'votes.length < state.size.quorum',
        replace: 'votes.length < 1',
      },
    ],
    violates: ['certificates', 'stopped'],
    foundBy: 'runs',
  },
  {
    name: 'state-unverified',
    breaks: 'A state from elsewhere has the certified digest; it is taken as it comes.',
    edits: [
      {
        file: `${CONSENSUS}/sync/state-transfer.ts`,
        find: 'listed?.digest !== digest',
        replace: 'false',
      },
    ],
    violates: ['agreement', 'stopped'],
    foundBy: 'runs',
  },
  {
    name: 'decision-unverified',
    breaks: 'A decision holds the batch that its certificate names; any batch is taken.',
    edits: [
      {
        file: `${CRYPTO}/verifier.ts`,
        find: "return root === digest ? undefined : 'digest-mismatch';",
        replace: 'return undefined;',
      },
    ],
    violates: ['agreement', 'stopped'],
    foundBy: 'runs',
  },
  {
    name: 'nothing-forgotten',
    breaks: 'Slots below the stable checkpoint are dropped; they are kept.',
    edits: [
      {
        file: `${CONSENSUS}/state/slot-window.ts`,
        find: 'sequence <= stable - RETAINED_SLOTS',
        replace: 'false',
      },
    ],
    violates: ['bounded-memory'],
    foundBy: 'runs',
  },
  {
    name: 'executed-voted-on-again',
    breaks: 'What executed is done with; votes on it are repeated unless its certificate is here.',
    edits: [
      {
        file: `${CONSENSUS}/slot/voting.ts`,
        find: 'return state.hasExecuted(slot.sequence) || slot.decidedDigest !== undefined;',
        replace: 'return slot.decidedDigest !== undefined;',
      },
    ],
    violates: ['liveness'],
    foundBy: 'runs',
  },
  {
    name: 'one-reply-is-enough',
    breaks: 'A client believes f + 1 matching replies; it believes the first.',
    edits: [
      {
        file: 'libs/client/src/reply-collection.ts',
        find: 'group.replies.length >= this.weakQuorum',
        replace: 'group.replies.length >= 1',
      },
    ],
    violates: ['replies'],
    foundBy: 'runs',
  },
];

/** Rules about what a restarting replica knows. */
const RESTARTING: readonly BrokenProtocol[] = [
  {
    name: 'visible-before-durable',
    breaks: 'What a replica says is durable before it is sent; it does not wait for the disk.',
    edits: [
      {
        file: 'libs/runner/src/outbox.ts',
        find: 'durable !== undefined',
        replace: 'false',
      },
    ],
    violates: ['durable-before-visible'],
    foundBy: 'runs',
  },
  {
    name: 'votes-forgotten',
    breaks: 'A replica that starts again knows what it voted for; it has forgotten.',
    edits: [
      {
        file: `${CONSENSUS}/restoring.ts`,
        find: 'at(sequence)?.castVote(phase, { view, digest, castAtMs: undefined });',
        replace: '',
      },
    ],
    violates: ['no-equivocation', 'leaving'],
    foundBy: 'runs',
  },
  {
    name: 'view-forgotten',
    breaks: 'A replica that starts again stays out of the views it has left; it has forgotten.',
    edits: [
      {
        file: `${CONSENSUS}/restoring.ts`,
        find: 'state.view = view;',
        replace: '',
      },
    ],
    violates: ['no-equivocation', 'leaving', 'stopped'],
    foundBy: 'runs',
  },
  {
    name: 'proposals-forgotten',
    breaks: 'A primary that starts again gives no sequence number away twice; it has forgotten.',
    edits: [
      {
        file: `${CONSENSUS}/restoring.ts`,
        find: '.map(({ sequence }) => sequence + 1)',
        replace: '.map(() => 0)',
      },
      {
        file: `${CONSENSUS}/restoring.ts`,
        find: 'proposeStored(state, restored);',
        replace: '',
      },
      {
        file: `${CONSENSUS}/restoring.ts`,
        find: 'at(sequence)?.markProposed(view);',
        replace: '{ at(sequence); void view; }',
      },
    ],
    violates: ['no-equivocation'],
    foundBy: 'runs',
  },
];

export const BROKEN_PROTOCOLS: readonly BrokenProtocol[] = [
  ...VOTING,
  ...REQUESTS,
  ...AGGREGATING,
  ...EXECUTION,
  ...RESTARTING,
  ...VIEWS,
];

/** The one of that name, if there is one. */
export function findBrokenProtocol(name: string): BrokenProtocol | undefined {
  return BROKEN_PROTOCOLS.find((each) => each.name === name);
}
