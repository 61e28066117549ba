/** Steps in plain words: a short title for lists, and what it means. */

import type { Party, RecordedStep, Recording, Said } from '@ccro/simulator';
import { counted, isSuspicion, LIES, nodeList, REASONS } from '../state/words.js';
import { heldVotes, type Knowledge } from './knowledge.js';

export const firstDigits = (digest: string): string => digest.slice(0, 4);

function partyText(party: Party): string {
  return typeof party === 'number' ? `node ${party}` : party;
}

/** One line, which searching looks into. */
export function titleOf(step: RecordedStep): string {
  switch (step.kind) {
    case 'note':
    case 'violated':
      return step.text;
    case 'sent': {
      const lie = step.lie ? 'LIE: ' : '';
      return `${lie}${partyText(step.from)} → ${partyText(step.to)}: ${step.said.text}`;
    }
    case 'received': {
      const { author, text } = step.said;
      return `node ${step.node} receives ${author === undefined ? '' : `from node ${author}: `}${text}`;
    }
    case 'accepted':
      return `node ${step.node} accepts v${step.view} s${step.sequence} d=${firstDigits(step.digest)}`;
    case 'voted':
      return `node ${step.node} votes ${step.phase} v${step.view} s${step.sequence} d=${firstDigits(step.digest)}`;
    case 'certified':
      return `node ${step.node} holds ${step.phase} certificate v${step.view} s${step.sequence} d=${firstDigits(step.digest)} of ${step.signers.join(', ')}`;
    case 'executed':
      return `node ${step.node} executes s${step.sequence} d=${firstDigits(step.digest)}`;
    case 'progress':
      return `node ${step.node} ${progressText(step.progress)}`;
    case 'evidence':
      return `node ${step.node} has evidence against node ${step.accused}: ${step.what}`;
    case 'rejected':
      return `node ${step.node} makes no use of something: ${step.code}`;
    case 'stopped':
      return `node ${step.node} stops itself: ${step.why}`;
    case 'power-off':
      return `node ${step.node} loses power`;
    case 'started':
      return `node ${step.node} starts again: view ${step.view}, executed ${step.lastExecuted}`;
    case 'fault':
      return `node ${step.node} turns ${step.fault ?? 'honest'}`;
    case 'withheld':
      return `node ${step.node} keeps silent instead of ${step.said.text}`;
    case 'decided':
      return `client ${step.client} believes ${step.timestamp} executed at s${step.sequence}`;
  }
}

/** What a step means. @param before what was known before it, and `after` after it */
export function meaningOf(
  step: RecordedStep,
  before: Knowledge,
  after: Knowledge,
  { n, f, quorum }: Pick<Recording, 'n' | 'f' | 'quorum'>,
): string {
  switch (step.kind) {
    case 'sent':
      return sentText(step);
    case 'received':
      return receivedText(step, after, quorum);
    case 'accepted':
      return (
        `Node ${step.node} accepts the proposal ${firstDigits(step.digest)} for ${slotOf(step)}: ` +
        'it comes from the primary of its view, and it has accepted no other one there.'
      );
    case 'voted':
      return (
        `Node ${step.node} writes down its ${step.phase} vote for ${firstDigits(step.digest)} in ` +
        `${slotOf(step)}. Only when it is on disk may the vote be sent.`
      );
    case 'certified':
      return certifiedText(step, before, n, quorum);
    case 'executed':
      return (
        `Node ${step.node} executes slot ${step.sequence}: ` +
        (step.requests === 0 ? 'a null batch, nothing.' : `${counted(step.requests, 'request')}.`)
      );
    case 'evidence':
      return isSuspicion(step.what)
        ? `Node ${step.node} suspects: node ${step.accused} ${LIES[step.what] ?? step.what}. That is no proof.`
        : `Node ${step.node} notices: node ${step.accused} ${LIES[step.what] ?? step.what}.`;
    case 'rejected':
      return `Node ${step.node} makes no use of what it was sent: ${step.code}.`;
    case 'withheld':
      return (
        `Node ${step.node} is faulty and keeps silent. ` +
        `An honest node would have sent: ${step.said.text}.`
      );
    case 'fault':
      return step.fault === undefined
        ? `Node ${step.node} is honest again.`
        : `From now on node ${step.node} misbehaves: ${step.fault}.`;
    case 'started':
      return (
        `Node ${step.node} starts again. It knows from its disk: view ${step.view}, ` +
        `${counted(step.lastExecuted, 'slot')} executed, ${counted(step.voted.length, 'vote')} of its own.`
      );
    case 'decided':
      return (
        `Client ${step.client} has ${f + 1} matching replies, so one of an honest node: ` +
        `its request ${step.timestamp} was executed in slot ${step.sequence}.`
      );
    case 'progress':
      return `Node ${step.node} ${progressText(step.progress)}.`;
    case 'note':
    case 'violated':
    case 'stopped':
    case 'power-off':
      return `${sentenceCase(titleOf(step))}.`;
  }
}

function sentText(step: Extract<RecordedStep, { kind: 'sent' }>): string {
  const { from, to, said, lie, lostFor } = step;
  const who = sentenceCase(partyText(from));
  const lost = lostFor.length === 0 ? '' : ` It is lost on its way to ${listed(lostFor)}.`;
  const what = `${who} ${lie ? 'lies: it ' : ''}${sayingText(said, partyText(to))}`;
  const honest = lie ? ' An honest node would not have said that.' : '';
  return `${what}.${honest}${lost}`;
}

/** What the sender of this message does. */
function sayingText(said: Said, whom: string): string {
  const { kind, phase, view, sequence, digest = '', signers = [] } = said;
  const place = `slot ${sequence} in view ${view}`;
  switch (kind) {
    case 'request':
    case 'requests':
      return `asks ${whom}: ${said.text}`;
    case 'pre-prepare':
      return `proposes ${firstDigits(digest)} for ${place}, to ${whom}`;
    case 'vote':
      if (phase === 'checkpoint') return `votes on its state after slot ${sequence}, to ${whom}`;
      return `sends its ${phase} vote for ${firstDigits(digest)} in ${place} to ${whom}`;
    case 'certificate':
      if (phase === 'checkpoint') return `proves to ${whom} that checkpoint ${sequence} is stable`;
      return `sends the ${phase} certificate of ${place} to ${whom}: votes of ${nodeList(signers)}`;
    case 'reply':
    case 'brief-reply':
      return `tells ${whom} what came of its request`;
    case 'view-change':
      return `asks ${whom} for view ${view} and says what it voted for and prepared`;
    case 'new-view':
      return `begins view ${view} and tells ${whom} what is carried over`;
    case 'suspicion':
      return `tells ${whom} that the primary of view ${view} does not do its work`;
    case 'decision':
      return `passes the decision of ${place} on to ${whom}, with its certificate`;
    case 'status':
      return `tells ${whom} how far it is: ${said.text}`;
    default:
      return `sends to ${whom}: ${said.text}`;
  }
}

function receivedText(
  { node, said }: Extract<RecordedStep, { kind: 'received' }>,
  after: Knowledge,
  quorum: number,
): string {
  const { kind, phase, author, digest = '' } = said;
  if (kind !== 'vote' || phase === 'checkpoint') return `Node ${node} ${hearingText(said)}.`;
  const held = heldVotes(after, node, said);
  const reaches = `The ${phase} vote of node ${author} for ${firstDigits(digest)} reaches node ${node}`;
  if (held === undefined) return `${reaches}, which knows a stable checkpoint beyond it.`;
  const voters = nodeList(held.voters);
  return `${reaches}, which now has votes of ${voters}; ${quorum} make a quorum.`;
}

/** What a node learns that receives this. */
function hearingText({
  kind,
  text,
  view,
  sequence,
  digest = '',
  author,
  signers = [],
}: Said): string {
  switch (kind) {
    case 'pre-prepare':
      return `hears the proposal ${firstDigits(digest)} for slot ${sequence} in view ${view}, which node ${author} signed`;
    case 'certificate':
      return `is shown a certificate for slot ${sequence}, of ${nodeList(signers)}, and checks every signature`;
    case 'view-change':
      return `hears that node ${author} wants view ${view}`;
    case 'new-view':
      return `hears that node ${author} begins view ${view}, and works out itself what has to be carried over`;
    case 'suspicion':
      return `hears that node ${author} suspects the primary of view ${view}`;
    case 'decision':
      return `is told what was decided in slot ${sequence}; the certificate proves it, whoever brings it`;
    default:
      return `receives: ${text}`;
  }
}

function certifiedText(
  step: Extract<RecordedStep, { kind: 'certified' }>,
  before: Knowledge,
  n: number,
  quorum: number,
): string {
  const { node, phase, sequence, digest, signers } = step;
  const voters = nodeList(signers);
  if (phase === 'checkpoint') {
    return `Node ${node} has the votes of ${voters} on the state after slot ${sequence}: a stable checkpoint.`;
  }
  const held = heldVotes(before, node, step);
  const gathered = signers.every((signer) => held?.voters.includes(signer) === true);
  const how = gathered ? 'has' : 'takes a certificate that shows';
  const all = phase === 'prepare' && signers.length === n;
  const many = all ? `of all ${n}` : `a quorum of ${quorum}`;
  const what = all
    ? 'decided at once, in one round'
    : phase === 'prepare'
      ? 'prepared: no other batch can be in this view'
      : 'committed: no other batch can ever be decided there';
  return `Node ${node} ${how} the ${phase} votes of ${voters}, ${many}, for ${firstDigits(digest)}: ${slotOf(step)} is ${what}.`;
}

function progressText(progress: Extract<RecordedStep, { kind: 'progress' }>['progress']): string {
  switch (progress.kind) {
    case 'left-view':
      return `leaves view ${progress.view}: ${REASONS[progress.why] ?? progress.why}`;
    case 'entered-view':
      return `enters view ${progress.view}, with ${counted(progress.carriedOver, 'slot')} carried over`;
    case 'stable-checkpoint':
      return `learns that checkpoint ${progress.sequence} is stable`;
    case 'fetching-state':
      return `is far behind and fetches the state at checkpoint ${progress.sequence}`;
    case 'took-state-over':
      return `takes over the state at checkpoint ${progress.sequence}`;
    case 'settings-differ':
      return `learns that node ${progress.replica} was told something else: ${progress.settings.join(', ')}`;
    case 'takes-no-part':
      return `takes no part: ${counted(progress.differing.length, 'other')} differ in what they were told`;
    case 'takes-part-again':
      return 'takes part again';
  }
}

function slotOf({ sequence, view }: { readonly sequence: number; readonly view: number }): string {
  return `slot ${sequence} in view ${view}`;
}

function listed(parties: readonly Party[]): string {
  return parties.map(partyText).join(', ');
}

function sentenceCase(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}
