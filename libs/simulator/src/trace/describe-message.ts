/** Messages in plain words, for traces and transcripts. */

import type {
  Certificate,
  Digest,
  NewView,
  PrePrepare,
  Reply,
  Request,
  SlotReport,
  Status,
  ViewChange,
  Vote,
} from '@ccro/consensus';
import type { WireMessage } from '@ccro/wire';

const SHOWN_DIGITS = 4;

/** The beginning of a digest: enough to tell the few of a run apart. */
export function shortDigest(digest: Digest): string {
  return `${digest.slice(0, SHOWN_DIGITS)}..`;
}

/** One line that says what `message` says. */
export function describeMessage(message: WireMessage): string {
  switch (message.kind) {
    case 'request':
      return `request ${requestName(message)} ${message.operation}`;
    case 'requests':
      return `requests ${message.requests.map(requestName).join(', ')}`;
    case 'pre-prepare':
      return prePrepareText(message);
    case 'vote':
      return voteText(message);
    case 'certificate':
      return certificateText(message);
    case 'reply':
      return replyText(message);
    case 'brief-reply':
      return `brief-reply v${message.view} root=${shortDigest(message.root)}`;
    case 'status':
      return statusText(message);
    case 'fetch':
      return message.sequence === 0
        ? `fetch view-change ${shortDigest(message.digest)}`
        : `fetch s${message.sequence} d=${shortDigest(message.digest)}`;
    case 'fetch-chunk':
      return `fetch-chunk of checkpoint ${message.sequence}: ${chunkName(message)}`;
    case 'chunk-part':
      return `chunk-part of checkpoint ${message.sequence}: ${chunkName(message)} of ${message.parts}`;
    case 'view-change':
      return viewChangeText(message);
    case 'new-view':
      return newViewText(message);
    case 'query':
      return `query of ${message.client}`;
    default:
      return `${message.kind}${placeOf(message)}`;
  }
}

/** View, slot and digest, as far as a message has them. */
function placeOf(message: WireMessage): string {
  const { view, sequence, digest } = message as Partial<Vote>;
  return [
    view === undefined ? '' : ` v${view}`,
    sequence === undefined ? '' : ` s${sequence}`,
    digest === undefined ? '' : ` d=${shortDigest(digest)}`,
  ].join('');
}

function requestName({ client, timestamp }: Pick<Request, 'client' | 'timestamp'>): string {
  return `${client}/${timestamp}`;
}

function prePrepareText({ view, sequence, digest, requests, collector }: PrePrepare): string {
  const batch = requests.length === 0 ? 'null batch' : counted(requests.length, 'request');
  const slot = `v${view} s${sequence} d=${shortDigest(digest)}`;
  return `pre-prepare ${slot} (${batch}, collector ${collector})`;
}

function voteText({ phase, view, sequence, digest, attempt }: Vote): string {
  const reminder = attempt === 0 ? '' : `, reminder ${attempt}`;
  return `${phase} vote ${subject(phase, view, sequence, digest)}${reminder}`;
}

function certificateText({ phase, view, sequence, digest, proof }: Certificate): string {
  const signers = proof.signers.join(', ');
  return `${phase} certificate ${subject(phase, view, sequence, digest)} of ${signers}`;
}

function subject(phase: string, view: number, sequence: number, digest: Digest): string {
  const slot = phase === 'checkpoint' ? `s${sequence}` : `v${view} s${sequence}`;
  return `${slot} d=${shortDigest(digest)}`;
}

function replyText({ client, view, results }: Reply): string {
  const each = results.map((result) => {
    const name = requestName({ client, timestamp: result.timestamp });
    return `${name} s${result.sequence} -> ${shortened(result.result)}`;
  });
  return `reply v${view} ${each.join(', ')}`;
}

function statusText({ view, lastExecuted, attempt, asks, answers }: Status): string {
  const details = [
    attempt === 0 ? '' : `, attempt ${attempt}`,
    asks ? ', asks the others' : '',
    answers === null ? '' : ', as it was asked',
  ];
  return `status v${view}, executed ${lastExecuted}${details.join('')}`;
}

function chunkName({ chunk, part }: { readonly chunk: string; readonly part: number }): string {
  return `${chunk === '' ? 'manifest' : chunk}, part ${part}`;
}

function viewChangeText({ view, stable, slots }: ViewChange): string {
  const reports = slots.length === 0 ? 'no slots' : slots.map(reportText).join('; ');
  return `view-change v${view}, stable ${stable.sequence}, ${reports}`;
}

function reportText({ sequence, vote, certificate }: SlotReport): string {
  const voted = vote === null ? 'no vote' : `voted v${vote.view} d=${shortDigest(vote.digest)}`;
  const prepared =
    certificate === null
      ? ''
      : `, prepared v${certificate.view} d=${shortDigest(certificate.digest)}`;
  return `s${sequence} ${voted}${prepared}`;
}

function newViewText({ view, viewChanges, reproposals }: NewView): string {
  const from = viewChanges.map(({ replica }) => replica).join(', ');
  const again = reproposals.map(({ sequence, digest }) => `s${sequence} d=${shortDigest(digest)}`);
  const carriedOver = again.length === 0 ? 'nothing carried over' : again.join('; ');
  return `new-view v${view} on view-changes of ${from}: ${carriedOver}`;
}

function counted(count: number, thing: string): string {
  return `${count} ${thing}${count === 1 ? '' : 's'}`;
}

function shortened(text: string): string {
  return text.length <= 60 ? text : `${text.slice(0, 57)}...`;
}
