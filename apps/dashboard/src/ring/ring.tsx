import type { JSX } from 'preact';
import type { ShownSlot } from '../state/dashboard-state.js';
import type { NodeView } from '../state/derive.js';
import { FlyingMessage } from './flying-message.js';
import { flightsOf } from './flights.js';
import { CLIENT_PLACE, SIZE } from './layout.js';
import { NodeMark } from './node-mark.js';

export interface RingProps {
  readonly nodes: readonly NodeView[];
  readonly shown: ShownSlot | undefined;
  readonly selected: number | undefined;
  readonly onSelect: (id: number) => void;
  /** Messages stand still for whoever does not like motion: then none are drawn. */
  readonly motion: boolean;
}

/** The nodes in a ring, and the messages of one slot flying between them. */
export function Ring({ nodes, shown, selected, onSelect, motion }: RingProps): JSX.Element {
  const flights = shown === undefined || !motion ? [] : flightsOf(shown, nodes.length);
  return (
    <svg class="ring" viewBox={`0 0 ${SIZE} ${SIZE}`} role="group" aria-label="Nodes">
      <text class="ring-client" x={CLIENT_PLACE.x} y={CLIENT_PLACE.y + 4} text-anchor="middle">
        client
      </text>
      <g aria-hidden="true">
        {shown !== undefined &&
          flights.map((flight) => (
            <FlyingMessage key={flight.key} flight={flight} slotStartedAtMs={shown.startedAtMs} />
          ))}
      </g>
      {nodes.map((node) => (
        <NodeMark
          key={node.id}
          node={node}
          n={nodes.length}
          selected={node.id === selected}
          onSelect={onSelect}
        />
      ))}
    </svg>
  );
}
