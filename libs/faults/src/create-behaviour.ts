import type { Behaviour, BehaviourContext } from './behaviour.js';
import { delay } from './behaviours/delay.js';
import { doubleVote } from './behaviours/double-vote.js';
import { equivocate } from './behaviours/equivocate.js';
import { fabricate } from './behaviours/fabricate.js';
import { falseReplies } from './behaviours/false-replies.js';
import { falseState } from './behaviours/false-state.js';
import { falseViewChange } from './behaviours/false-view-change.js';
import { falsify } from './behaviours/falsify.js';
import { forgeCertificate } from './behaviours/forge-certificate.js';
import { offline } from './behaviours/offline.js';
import { silentCollector } from './behaviours/silent-collector.js';
import { splitCollectors } from './behaviours/split-collectors.js';
import type { FaultKind } from './fault-kind.js';

/** The behaviour of a node with this fault. Each faulty node has its own: they keep state. */
export function createBehaviour(kind: FaultKind, context: BehaviourContext): Behaviour {
  switch (kind) {
    case 'offline':
      return offline();
    case 'falsify':
      return falsify(context);
    case 'false-replies':
      return falseReplies();
    case 'equivocate':
      return equivocate(context);
    case 'split-collectors':
      return splitCollectors(context);
    case 'double-vote':
      return doubleVote(context);
    case 'silent-collector':
      return silentCollector();
    case 'forge-certificate':
      return forgeCertificate(context);
    case 'fabricate':
      return fabricate(context);
    case 'false-view-change':
      return falseViewChange(context);
    case 'false-state':
      return falseState();
    case 'delay':
      return delay(context);
  }
}
