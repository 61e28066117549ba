import type { JSX } from 'preact';
import { useRef, useState } from 'preact/hooks';
import type { NodeView } from '../state/derive.js';
import { NodeMark } from './node-mark.js';

/** Left and right step through a replay. */
const STEPS: Readonly<Record<string, number>> = { ArrowDown: 1, ArrowUp: -1 };

/** All nodes of a ring: one stop of the tab key, the arrows up and down lead from one to the next. */
export function NodeMarks({
  nodes,
  selected,
  onSelect,
}: {
  readonly nodes: readonly NodeView[];
  readonly selected: number | undefined;
  readonly onSelect: (id: number) => void;
}): JSX.Element {
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
