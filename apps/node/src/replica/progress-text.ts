import type { Progress, ViewChangeReason } from '@ccro/consensus';
import { differsText, takesNoPartText } from './settings-text.js';

const REASONS: Readonly<Record<ViewChangeReason, string>> = {
  'request-waits': 'a request waits too long for its primary',
  'collectors-fail': 'its primary keeps naming collectors that fail',
  'primary-equivocates': 'its primary signed two proposals for one slot',
  'view-did-not-begin': 'it did not begin in time',
  'others-ask': 'enough others asked for a later one',
};

export const VIEW_CHANGE_REASONS: readonly string[] = Object.keys(REASONS);

/** What the log says of a replica's way. Stable checkpoints are too many to be told at `info`. */
export function progressText(progress: Progress): string {
  switch (progress.kind) {
    case 'left-view':
      return `leaving view ${progress.view}: ${REASONS[progress.why]}`;
    case 'entered-view':
      return `view ${progress.view} begins, ${progress.carriedOver} slots carried over`;
    case 'stable-checkpoint':
      return `stable checkpoint at ${progress.sequence}`;
    case 'fetching-state':
      return `far behind: fetching the state at ${progress.sequence}`;
    case 'took-state-over':
      return `took over the state at ${progress.sequence}, going on from there`;
    case 'settings-differ':
      return differsText(progress);
    case 'takes-no-part':
      return takesNoPartText(progress.differing);
    case 'takes-part-again':
      return 'takes part again: enough nodes have the same settings';
  }
}
