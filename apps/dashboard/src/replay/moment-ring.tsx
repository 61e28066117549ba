import type { Party, RecordedStep, Recording } from '@ccro/simulator';
import type { JSX } from 'preact';
import { CLIENT_PLACE, nodePlace, nodeRadius, SIZE, type Point } from '../ring/layout.js';
import { NodeMarks } from '../ring/node-marks.js';
import type { NodeView } from '../state/derive.js';
import type { KnowingNode, Knowledge } from './knowledge.js';

interface MomentRingProps {
  readonly recording: Recording;
  readonly step: RecordedStep;
  readonly knowledge: Knowledge;
  readonly selected: number | undefined;
  readonly onSelect: (id: number) => void;
}

/** The nodes as they are after a step, and the message of that step between them. */
export function MomentRing(props: MomentRingProps): JSX.Element {
  const { recording, step, knowledge, selected, onSelect } = props;
  const { n } = recording;
  return (
    <svg class="ring moment" viewBox={`0 0 ${SIZE} ${SIZE}`} role="group" aria-label="Nodes">
      <text class="ring-client" x={CLIENT_PLACE.x} y={CLIENT_PLACE.y + 4} text-anchor="middle">
        clients
      </text>
      <g aria-hidden="true">
        {arrowsOf(step, n).map(({ from, to, kind }) => (
          <Arrow key={`${from.x},${from.y},${to.x},${to.y}`} {...{ from, to, kind, n }} />
        ))}
      </g>
      <NodeMarks nodes={viewsOf(recording, knowledge)} {...{ selected, onSelect }} />
    </svg>
  );
}

type ArrowKind = 'message' | 'lie' | 'lost' | 'arrival';

interface ArrowProps {
  readonly from: Point;
  readonly to: Point;
  readonly kind: ArrowKind;
}

/** A line that ends before the node's circle begins, with a dot at its end. */
function Arrow({ from, to, kind, n }: ArrowProps & { readonly n: number }): JSX.Element {
  const length = Math.hypot(to.x - from.x, to.y - from.y) || 1;
  const gap = (nodeRadius(n) + 4) / length;
  const along = (share: number): Point => ({
    x: from.x + (to.x - from.x) * share,
    y: from.y + (to.y - from.y) * share,
  });
  const [start, end] = [along(gap), along(kind === 'lost' ? 0.5 : 1 - gap)];
  return (
    <g class={`arrow arrow-${kind}`}>
      <line x1={start.x} y1={start.y} x2={end.x} y2={end.y} />
      <circle cx={end.x} cy={end.y} r="5" />
    </g>
  );
}

function arrowsOf(step: RecordedStep, n: number): ArrowProps[] {
  const arrow = (from: Party, to: Party, kind: ArrowKind): ArrowProps[] =>
    from === to ? [] : [{ from: placeOf(from, n), to: placeOf(to, n), kind }];
  if (step.kind === 'sent') {
    const kind = step.lie ? 'lie' : 'message';
    return [
      ...step.reaches.flatMap((to) => arrow(step.from, to, kind)),
      ...step.lostFor.flatMap((to) => arrow(step.from, to, 'lost')),
    ];
  }
  if (step.kind !== 'received') return [];
  const from = step.from ?? step.said.author;
  return from === undefined ? [] : arrow(from, step.node, 'arrival');
}

/** A party that is no node is drawn in the middle of the ring. */
function placeOf(party: Party, n: number): Point {
  return typeof party === 'number' ? nodePlace(party, n) : CLIENT_PLACE;
}

function viewsOf({ mode, n, f }: Recording, { nodes }: Knowledge): NodeView[] {
  // The view that f + 1 nodes have reached, so one honest one at least.
  const view = nodes.map((each) => each.view).sort((a, b) => b - a)[f] ?? 0;
  const primary = view % n;
  const collector = mode === 'ccro' ? collectorOf(nodes, primary) : undefined;
  return nodes.map((node) => ({
    id: node.id,
    role: node.id === primary ? 'commander' : node.id === collector ? 'communication' : 'replica',
    condition: conditionOf(node),
    fault: node.fault ?? null,
    lastExecuted: node.lastExecuted,
    tally: null,
  }));
}

function conditionOf({ up, fault }: KnowingNode): NodeView['condition'] {
  if (!up || fault === 'offline') return 'down';
  return fault === undefined ? 'well' : 'faulty';
}

/** Whom most nodes were told last; before they were told anything, whom they will be. */
function collectorOf(nodes: readonly KnowingNode[], primary: number): number {
  const told = nodes.flatMap(({ collector }) => collector ?? []);
  const count = (id: number): number => told.filter((each) => each === id).length;
  const [most] = told.toSorted((a, b) => count(b) - count(a));
  return most ?? (primary + Math.floor(nodes.length / 2)) % nodes.length;
}
