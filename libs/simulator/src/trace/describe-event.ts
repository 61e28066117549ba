/** Events in plain words, one line each; in the past, where one and many use the same verbs. */

import type { Progress } from '@ccro/consensus';
import { errorMessage } from '@ccro/foreign-text';
import type { Delivery, Published } from '../simulated-network.js';
import type { ClusterEvent } from './events.js';
import { describeMessage, shortDigest } from './describe-message.js';
import { listenerOf, partyOf, partyText } from './names.js';

/** Who does or knows something, and what: kept apart so that equal entries can be merged. */
export interface EventText {
  readonly who: string;
  readonly what: string;
}

export function describeEvent(event: ClusterEvent): EventText {
  switch (event.kind) {
    case 'note':
      return { who: '', what: event.text };
    case 'violated':
      return { who: '', what: violationText(event.message) };
    case 'published': {
      const { published, message } = event;
      const text = message === undefined ? 'unreadable bytes' : describeMessage(message);
      const what = `-> ${partyText(listenerOf(published.channel))}: ${text}`;
      return { who: partyText(partyOf(published.from)), what };
    }
    case 'executed': {
      const { sequence, view, digest, requests } = event.slot;
      const batch = requests === 1 ? '1 request' : `${requests} requests`;
      const what = `executed s${sequence} d=${shortDigest(digest)}, ${batch}, decided in v${view}`;
      return { who: partyText(event.replica), what };
    }
    case 'progress':
      return { who: partyText(event.replica), what: progressText(event.progress) };
    case 'evidence': {
      const { accused, kind } = event.evidence;
      return {
        who: partyText(event.replica),
        what: `kept evidence against node ${accused}: ${kind}`,
      };
    }
    case 'rejected': {
      const { replica, code, from } = event;
      const sender = from === undefined ? '' : `, from ${from}`;
      return { who: partyText(replica), what: `made no use of something: ${code}${sender}` };
    }
    case 'stopped': {
      const what = `stopped itself: ${errorMessage(event.error)}`;
      return { who: partyText(event.replica), what };
    }
    case 'decided': {
      const { client, outcome } = event;
      const { timestamp, sequence, resultText } = outcome;
      const what = `believed that ${timestamp} executed at s${sequence}: ${resultText}`;
      return { who: `client ${client}`, what };
    }
  }
}

export function violationText(message: string): string {
  return `VIOLATED ${message}`;
}

/** What becomes of a message on the way to each receiver. */
export function fatesText({ deliveries }: Published): string {
  return deliveries.length === 0 ? 'nobody listens' : deliveries.map(fateText).join(', ');
}

function fateText({ to, delaysMs }: Delivery): string {
  const copies = delaysMs.map((delayMs) => `+${delayMs.toFixed(1)}`).join(' ');
  return `${partyText(partyOf(to))} ${copies === '' ? 'lost' : copies}`;
}

function progressText(progress: Progress): string {
  switch (progress.kind) {
    case 'left-view':
      return `left v${progress.view} (${progress.why})`;
    case 'entered-view':
      return `entered v${progress.view}, carrying over ${progress.carriedOver} slots`;
    case 'stable-checkpoint':
      return `learnt that checkpoint ${progress.sequence} is stable`;
    case 'fetching-state':
      return `began to fetch the state at checkpoint ${progress.sequence}`;
    case 'took-state-over':
      return `took over the state at checkpoint ${progress.sequence}`;
    case 'settings-differ':
      return `learnt that node ${progress.replica} was told something else: ${progress.settings.join(', ')}`;
    case 'takes-no-part':
      return `takes no part: ${progress.differing.length} others were told something else`;
    case 'takes-part-again':
      return 'takes part again';
  }
}
