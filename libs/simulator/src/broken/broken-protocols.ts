/**
 * Protocols that are wrong on purpose, one rule each: the real sources with a few words changed
 * when they are loaded. The protocol's own code does not know of them. The simulator must find every
 * one: a rule whose violation it does not find is not tested.
 */

import { CONSENSUS, CRYPTO, type BrokenProtocol, type BrokenRule } from './broken-protocol.js';
import { VIEWS } from './broken-views.js';

/** Rules about votes, certificates and what is believed. */
const VOTING: readonly BrokenRule[] = [
  {
    name: 'quorum-too-small',
    breaks: 'Two quorums share an honest replica; f + 1 signers are taken for one.',
    file: `${CONSENSUS}/model/quorum.ts`,
    find: 'return Math.ceil((n + maxFaulty(n) + 1) / 2);',
    replace: 'return maxFaulty(n) + 1;',
    violates: ['certificates'],
  },
  {
    name: 'prepared-is-committed',
    breaks: 'A slot is decided by commit votes; prepare votes are taken for them.',
    file: `${CONSENSUS}/slot/voting.ts`,
    find: 'onPrepared(state, slot, certificate);',
    replace:
      "{ slot.setCertificate({ ...certificate, phase: 'commit' }); " +
      'onDecided(state, slot, certificate); }',
    violates: ['certificates', 'agreement'],
  },
  {
    name: 'full-without-all',
    breaks: 'The votes of all n decide in one round; all but one are taken for all.',
    file: `${CONSENSUS}/model/quorum.ts`,
    find: 'proof.signers.length === n',
    replace: 'proof.signers.length >= n - 1',
    violates: ['certificates', 'agreement'],
  },
  {
    name: 'vote-signature-unchecked',
    breaks: "A vote is its signer's word; votes are believed whoever made them up.",
    file: `${CRYPTO}/ed25519-scheme.ts`,
    find: 'return signatureHolds(voteBytes(cluster, vote), vote.signature, key)',
    replace: 'return true',
    violates: ['certificates'],
  },
  {
    name: 'certificate-unchecked',
    breaks: "A certificate's signatures hold; nobody looks.",
    file: `${CRYPTO}/ed25519-scheme.ts`,
    find: "return allHold ? undefined : 'certificate-bad-signature';",
    replace: 'return undefined;',
    violates: ['certificates', 'agreement', 'stopped'],
  },
  {
    name: 'signers-not-distinct',
    breaks: 'Signers are counted, never signatures; a replica may sign twice.',
    file: `${CRYPTO}/certificate-scheme.ts`,
    find: 'signer === previous',
    replace: 'false',
    violates: ['certificates'],
  },
  {
    name: 'carried-over-fast',
    breaks: 'What a view carries over is decided in two rounds; it may be decided in one.',
    file: `${CONSENSUS}/slot/voting.ts`,
    find: '!state.carriedOver.has(slot.sequence)',
    replace: 'true',
    violates: ['certificates'],
  },
  {
    name: 'stale-certificate',
    breaks: 'A replica commits on a prepare certificate of its own view; any view is good enough.',
    file: `${CONSENSUS}/slot/on-certificate.ts`,
    find: '!isDecisive && (view !== state.view || !state.active)',
    replace: 'false',
    violates: ['stopped', 'agreement', 'leaving', 'no-equivocation', 'liveness'],
  },
];

/** Rules about what clients signed, alone or together. */
const REQUESTS: readonly BrokenRule[] = [
  {
    name: 'client-signature-unchecked',
    breaks: 'Only what a client signed executes; requests are believed whoever made them up.',
    file: `${CRYPTO}/verifier.ts`,
    find: "return signatureHolds(bytes, request.signature, key) ? undefined : 'bad-signature';",
    replace: 'return undefined;',
    violates: ['validity'],
  },
  {
    name: 'list-signature-unchecked',
    breaks: 'A list of requests counts if its client signed it; being on any list is enough.',
    file: `${CRYPTO}/verified-lists.ts`,
    find: 'list.holds && list.digests.has(digest)',
    replace: 'list.digests.has(digest)',
    violates: ['validity'],
  },
  {
    name: 'list-known-by-signature',
    breaks: 'A signature covers the list it was made for; once it held, it is taken for any.',
    file: `${CRYPTO}/verified-lists.ts`,
    find: 'before?.client === signed.client && bytes.equal(before.bytes, signed.bytes)',
    replace: 'before !== undefined',
    violates: ['validity'],
  },
  {
    name: 'list-known-by-content',
    breaks: 'A list counts for the client who signed it; once seen, it is taken for any client.',
    file: `${CRYPTO}/verified-lists.ts`,
    find: 'before?.client === signed.client && bytes.equal(before.bytes, signed.bytes)',
    replace: 'before !== undefined && bytes.equal(before.bytes, signed.bytes)',
    violates: ['validity'],
  },
];

/** Rules about votes that become one signature. */
const AGGREGATING: readonly BrokenRule[] = [
  {
    name: 'bls-group-unchecked',
    breaks: 'The votes of a group hold; nobody looks.',
    file: `${CRYPTO}/bls-scheme.ts`,
    find: 'return checked(bytes, sum.pk, sum.sig);',
    replace: 'return sum.pk !== undefined && bytes.length > 0;',
    violates: ['certificates'],
  },
  {
    name: 'bls-group-unweighted',
    breaks: 'A group is added up with random weights; without them two bad votes make a good sum.',
    file: `${CRYPTO}/bls-scheme.ts`,
    find: 'bls.addWithRandomness(part)',
    replace:
      '({ pk: bls.addKeys(part.map(({ pk }) => pk)), ' +
      'sig: bls.addSignatures(part.map(({ sig }) => sig)) })',
    violates: ['certificates'],
  },
  {
    name: 'bls-certificate-unchecked',
    breaks: "A certificate's one signature holds; nobody looks.",
    file: `${CRYPTO}/bls-scheme.ts`,
    find: '!checked(bytes, aggregateKey(signers), parsed)',
    replace: 'aggregateKey(signers) === undefined',
    violates: ['certificates', 'agreement', 'stopped'],
  },
];

/** Rules about execution, checkpoints and state transfer. */
const EXECUTION: readonly BrokenRule[] = [
  {
    name: 'executed-twice',
    breaks: 'A (client, timestamp) executes once; the client table is not asked.',
    file: `${CONSENSUS}/slot/executing.ts`,
    find: "seen.kind === 'executed'",
    replace: 'false',
    violates: ['integrity'],
  },
  {
    name: 'checkpoint-of-one',
    breaks: "A checkpoint is stable when a quorum has the same state; one's own is enough.",
    file: `${CONSENSUS}/sync/checkpointing.ts`,
    find: 'votes.length < state.size.quorum',
    replace: 'votes.length < 1',
    violates: ['certificates', 'stopped'],
  },
  {
    name: 'state-unverified',
    breaks: 'A state from elsewhere has the certified digest; it is taken as it comes.',
    file: `${CONSENSUS}/sync/state-transfer.ts`,
    find: 'listed?.digest !== digest',
    replace: 'false',
    violates: ['agreement', 'stopped'],
  },
  {
    name: 'decision-unverified',
    breaks: 'A decision holds the batch that its certificate names; any batch is taken.',
    file: `${CRYPTO}/verifier.ts`,
    find: "return root === digest ? undefined : 'digest-mismatch';",
    replace: 'return undefined;',
    violates: ['agreement', 'stopped'],
  },
  {
    name: 'nothing-forgotten',
    breaks: 'Slots below the stable checkpoint are dropped; they are kept.',
    file: `${CONSENSUS}/state/slot-window.ts`,
    find: 'sequence <= stable - RETAINED_SLOTS',
    replace: 'false',
    violates: ['bounded-memory'],
  },
  {
    name: 'executed-voted-on-again',
    breaks: 'What executed is done with; votes on it are repeated unless its certificate is here.',
    file: `${CONSENSUS}/slot/voting.ts`,
    find: 'return state.hasExecuted(slot.sequence) || slot.decidedDigest !== undefined;',
    replace: 'return slot.decidedDigest !== undefined;',
    violates: ['liveness'],
  },
  {
    name: 'one-reply-is-enough',
    breaks: 'A client believes f + 1 matching replies; it believes the first.',
    file: 'libs/client/src/reply-collection.ts',
    find: 'group.replies.length >= this.weakQuorum',
    replace: 'group.replies.length >= 1',
    violates: ['replies'],
  },
];

/** Rules about what a restarting replica knows. */
const RESTARTING: readonly BrokenRule[] = [
  {
    name: 'visible-before-durable',
    breaks: 'What a replica says is durable before it is sent; it does not wait for the disk.',
    file: 'libs/runner/src/outbox.ts',
    find: 'durable !== undefined',
    replace: 'false',
    violates: ['durable-before-visible'],
  },
  {
    name: 'votes-forgotten',
    breaks: 'A replica that starts again knows what it voted for; it has forgotten.',
    file: `${CONSENSUS}/restoring.ts`,
    find: 'at(sequence)?.castVote(phase, { view, digest, castAtMs: undefined });',
    replace: '',
    violates: ['no-equivocation', 'leaving'],
  },
  {
    name: 'view-forgotten',
    breaks: 'A replica that starts again stays out of the views it has left; it has forgotten.',
    file: `${CONSENSUS}/restoring.ts`,
    find: 'state.view = view;',
    replace: '',
    violates: ['no-equivocation', 'leaving', 'stopped'],
  },
  {
    name: 'proposals-forgotten',
    breaks: 'A primary that starts again gives no sequence number away twice; it has forgotten.',
    file: `${CONSENSUS}/restoring.ts`,
    find: '.map(({ sequence }) => sequence + 1)',
    replace: '.map(() => 0)',
    also: [
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
  },
];

export const BROKEN_PROTOCOLS: readonly BrokenProtocol[] = [
  ...VOTING,
  ...REQUESTS,
  ...AGGREGATING,
  ...EXECUTION,
  ...RESTARTING,
  ...VIEWS,
].map(({ file, find, replace, also = [], foundBy = 'runs', ...rule }) => ({
  ...rule,
  edits: [{ file, find, replace }, ...also],
  foundBy,
}));
