import type { DifferingReplica } from '@ccro/consensus';
import { alsoCodec } from '@ccro/wire';

/** Of the nodes that differ at most so many are named. */
const MAX_NAMED = 8;

function remedy(settings: readonly string[]): string {
  const same = `all nodes need the same cluster file${alsoCodec(settings)}`;
  return `${same}: give it to those that have another and restart them`;
}

/** What the log says of one node that was told something else. */
export function differsText({ replica, settings }: DifferingReplica): string {
  return `node ${replica} has another cluster file than this node, with other ${settings.join(', ')}; ${remedy(settings)}`;
}

/** Why this node takes no part: who was told something else, and what. */
export function takesNoPartText(differing: readonly DifferingReplica[]): string {
  const named = differing.slice(0, MAX_NAMED).map(({ replica }) => replica);
  const rest = differing.length > MAX_NAMED ? ` and ${differing.length - MAX_NAMED} more` : '';
  const settings = [...new Set(differing.flatMap((each) => each.settings))].sort();
  return (
    `takes no part: nodes ${named.join(', ')}${rest} have another cluster file than this node, ` +
    `with other ${settings.join(', ')}; ${remedy(settings)}`
  );
}
