/** Rules about changing views, and what a new view must not lose. */

import { CONSENSUS, CRYPTO, type BrokenRule } from './broken-protocol.js';

export const VIEWS: readonly BrokenRule[] = [
  {
    name: 'new-view-believed',
    breaks: "A new view's re-proposals are computed again; the new primary is believed.",
    file: `${CONSENSUS}/view-change/new-view.ts`,
    find: 'return isSaid ? carried : undefined;',
    replace: 'return { stable: carried.stable, reproposals: newView.reproposals };',
    violates: ['agreement', 'stopped'],
  },
  {
    name: 'other-views-view-changes',
    breaks: 'A new view begins on view-changes for that view; those for any view will do.',
    file: `${CONSENSUS}/view-change/new-view.ts`,
    find: 'viewChanges.some((each) => each.view !== view)',
    replace: 'false',
    violates: ['agreement', 'stopped', 'no-equivocation'],
  },
  {
    name: 'new-view-of-few',
    breaks: 'A new view begins on the view-changes of a quorum; fewer are enough.',
    file: `${CONSENSUS}/view-change/new-view.ts`,
    find: 'signers.size !== state.size.quorum',
    replace: 'signers.size === 0',
    also: [
      {
        file: `${CONSENSUS}/view-change/new-view.ts`,
        find: 'viewChanges.length === size.quorum',
        replace: 'viewChanges.length <= size.quorum',
      },
      {
        file: `${CRYPTO}/verifier.ts`,
        find: 'referred.length === this.quorum',
        replace: 'referred.length <= this.quorum',
      },
    ],
    violates: ['agreement', 'stopped', 'no-equivocation'],
  },
  {
    name: 'new-view-of-one',
    breaks: 'Those of a quorum are of as many replicas; one may have made all of them.',
    file: `${CONSENSUS}/view-change/new-view.ts`,
    find: 'signers.size !== state.size.quorum || viewChanges.length !== signers.size',
    replace: 'signers.size === 0',
    violates: ['agreement', 'stopped', 'no-equivocation'],
  },
  {
    name: 'laggard-not-helped',
    breaks: 'Who asks for a view that has begun is shown how it began; nobody answers.',
    file: `${CONSENSUS}/view-change/changing-view.ts`,
    find: 'helpIntoView(state, replica);',
    replace: ';',
    also: [
      {
        file: `${CONSENSUS}/on-status.ts`,
        find: 'helpIntoView(state, replica);',
        replace: ';',
      },
    ],
    violates: ['liveness'],
  },
  {
    name: 'own-words-refused',
    breaks:
      'Who lost its store takes back what it said and a view stands on; it takes it for an echo.',
    file: `${CONSENSUS}/screening.ts`,
    find: 'viewChanges.asksFor(digest) || viewChanges.isWanted(viewChange)',
    replace:
      'replica !== state.self && (viewChanges.asksFor(digest) || viewChanges.isWanted(viewChange))',
    violates: ['liveness'],
  },
  {
    name: 'view-begins-by-itself',
    breaks: 'A view begins on the word of a quorum; it begins for whoever asks for it.',
    file: `${CONSENSUS}/view-change/changing-view.ts`,
    find: 'state.active = false;',
    replace: '',
    violates: ['agreement', 'stopped', 'no-equivocation', 'leaving', 'liveness'],
  },
  {
    name: 'nobody-suspects',
    breaks: 'A primary that serves nobody is left; everyone stays with it.',
    file: `${CONSENSUS}/view-change/suspecting.ts`,
    find: "suspectPrimary(state, 'request-waits');",
    replace: '',
    violates: ['liveness'],
  },
  {
    name: 'leaves-alone',
    breaks: 'A view is left when f + 1 suspect its primary; whoever suspects it leaves.',
    file: `${CONSENSUS}/view-change/suspecting.ts`,
    find: 'suspecting.size < size.weakQuorum',
    replace: 'suspecting.size < 1',
    violates: ['leaving', 'liveness'],
  },
  {
    name: 'told-alone',
    breaks: 'Who leaves shows all whose suspicion moved it; it keeps them to itself.',
    file: `${CONSENSUS}/view-change/changing-view.ts`,
    find: 'showSuspicions(state, attempt);',
    replace: '',
    violates: ['liveness'],
  },
  {
    name: 'no-rule-1',
    breaks: 'f + 1 later votes win over a certificate; the certificate always wins.',
    file: `${CONSENSUS}/view-change/choose-reproposals.ts`,
    find: 'return votedLater ?? certified?.digest;',
    replace: 'return certified?.digest;',
    violates: ['agreement', 'stopped'],
  },
  {
    name: 'rule-1-not-strict',
    breaks: "Only votes later than the certificate count; its own view's count as well.",
    file: `${CONSENSUS}/view-change/choose-reproposals.ts`,
    find: 'vote.view <= view',
    replace: 'vote.view < view',
    violates: ['agreement'],
    foundBy: 'exploration',
  },
  {
    name: 'null-votes-unreported',
    breaks: 'Votes for the null batch are reported like others; they are left out.',
    file: `${CONSENSUS}/view-change/choose-reproposals.ts`,
    find: 'chooseDigest(reports.get(sequence) ?? [], weakQuorum)',
    replace:
      'chooseDigest((reports.get(sequence) ?? []).map((each) => ' +
      'each.vote?.digest === nullBatch ? { ...each, vote: null } : each), weakQuorum)',
    violates: ['agreement'],
    foundBy: 'exploration',
  },
  {
    name: 'lowest-certificate',
    breaks: 'The certificate of the highest view counts; that of the lowest is taken.',
    file: `${CONSENSUS}/view-change/choose-reproposals.ts`,
    find: 'certificate.view > highest.view',
    replace: 'certificate.view < highest.view',
    violates: ['agreement'],
    foundBy: 'exploration',
  },
];
