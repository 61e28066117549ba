import type { JSX } from 'preact';
import { useRef, useState } from 'preact/hooks';
import type { NodeView } from '../state/derive.js';
import { CONDITIONS, ROLES } from '../state/words.js';
import { nodePlace, nodeRadius } from './layout.js';

/** Left and right step through a replay. */
const STEPS: Readonly<Record<string, number>> = { ArrowDown: 1, ArrowUp: -1 };

interface NodeMarksProps {
  readonly nodes: readonly NodeView[];
  readonly selected: number | undefined;
  readonly onSelect: (id: number) => void;
}

/** All nodes of a ring: one stop of the tab key, the arrows up and down lead from one to the next. */
export function NodeMarks({ nodes, selected, onSelect }: NodeMarksProps): JSX.Element {
  const marks = useRef<SVGGElement>(null);
  const [stop, setStop] = useState(0);
  const n = nodes.length;
  const step = (event: KeyboardEvent): void => {
    const by = STEPS[event.key];
    if (by === undefined) return;
    event.preventDefault();
    marks.current?.querySelectorAll<SVGGElement>('.node')[(stop + by + n) % n]?.focus();
  };
  return (
    <g ref={marks} onKeyDown={step}>
      {nodes.map((node) => (
        <NodeMark
          key={node.id}
          node={node}
          n={n}
          selected={node.id === selected}
          isStop={node.id === Math.min(stop, n - 1)}
          onFocus={() => setStop(node.id)}
          onSelect={onSelect}
        />
      ))}
    </g>
  );
}

interface NodeMarkProps {
  readonly node: NodeView;
  readonly n: number;
  readonly selected: boolean;
  /** The tab key stops here. */
  readonly isStop: boolean;
  readonly onFocus: () => void;
  readonly onSelect: (id: number) => void;
}

/** A node: its role by colour and ring, its condition by a mark, both in its name. */
function NodeMark(props: NodeMarkProps): JSX.Element {
  const { node, n, selected, isStop, onFocus, onSelect } = props;
  const { id, role, condition, fault, tally } = node;
  const { x, y } = nodePlace(id, n);
  const radius = nodeRadius(n);
  const select = (): void => onSelect(id);
  const label =
    `Node ${id}, ${ROLES[role]}, ${CONDITIONS[condition]}` +
    (fault === null ? '' : `, fault: ${fault}`);
  return (
    <g class={`role-${role} condition-${condition}`} transform={`translate(${x} ${y})`}>
      <g
        class="node"
        role="button"
        tabindex={isStop ? 0 : -1}
        aria-label={label}
        aria-pressed={selected}
        onClick={select}
        onFocus={onFocus}
        onKeyDown={(event) => {
          if (event.key !== 'Enter' && event.key !== ' ') return;
          event.preventDefault();
          select();
        }}
      >
        <circle class="node-focus" r={radius + 7} />
        <circle class="node-body" r={radius} />
        {n <= 40 && (
          <text class="node-id" text-anchor="middle" dy="0.35em">
            {id}
          </text>
        )}
      </g>
      {n <= 16 && (
        <text class="node-note" text-anchor="middle" y={radius + 21}>
          {noteOf(node)}
        </text>
      )}
      {n <= 8 && tally !== null && (
        <text class="node-tally" text-anchor="middle" y={-radius - 12}>
          {`${tally.correct} ✓ ${tally.corrupt} ✗`}
        </text>
      )}
    </g>
  );
}

function noteOf({ role, condition, fault }: NodeView): string {
  if (condition === 'faulty') return fault ?? 'faulty';
  if (condition === 'down') return 'down';
  if (condition === 'lagging') return 'lagging';
  return role === 'replica' ? '' : role;
}
