import type { HelloEvent } from '@ccro/telemetry';
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { setFault } from '../connection/gateway.js';
import type { NodeView } from '../state/derive.js';
import { CONDITIONS, ROLES } from '../state/words.js';
import { Problem, useAttempts } from './problem.js';

interface NodePanelProps {
  readonly node: NodeView | undefined;
  readonly faults: HelloEvent['faults'];
}

/** The chosen node: what it says of itself and, where faults may be injected, how it behaves. */
export function NodePanel({ node, faults }: NodePanelProps): JSX.Element {
  return (
    <section aria-labelledby="node">
      <h2 id="node">{node === undefined ? 'Node' : `Node ${node.id}`}</h2>
      {node === undefined ? (
        <p class="quiet">Choose a node in the ring.</p>
      ) : (
        <>
          <p>
            {ROLES[node.role]}, {CONDITIONS[node.condition]}
            {node.fault !== null && ` (${node.fault})`}; executed up to {node.lastExecuted ?? '–'}
            {node.tally !== null &&
              `; ${node.tally.correct} correct, ${node.tally.corrupt} corrupt`}
          </p>
          <Faults key={node.id} id={node.id} faults={faults} />
        </>
      )}
    </section>
  );
}

interface FaultsProps {
  readonly id: number;
  readonly faults: HelloEvent['faults'];
}

/** How a node is to behave; of each node anew, so that no refusal is shown of another. */
function Faults({ id, faults }: FaultsProps): JSX.Element {
  const [kind, setKind] = useState('falsify');
  const { problem, attempt } = useAttempts();
  const set = (fault: string | undefined): void => attempt(() => setFault(id, fault));
  if (faults.length === 0) {
    return <p class="quiet">Start with --fault-injection to make nodes lie from here.</p>;
  }
  return (
    <>
      <div class="row">
        <label class="spoken" for="fault">
          Fault
        </label>
        <select id="fault" value={kind} onChange={(event) => setKind(event.currentTarget.value)}>
          {faults.map((fault) => (
            <option key={fault.kind} value={fault.kind} title={fault.description}>
              {fault.kind}
            </option>
          ))}
        </select>
        <button type="button" onClick={() => set(kind)}>
          Make faulty
        </button>
        <button type="button" class="plain" onClick={() => set(undefined)}>
          Heal
        </button>
      </div>
      <p class="quiet">{faults.find((fault) => fault.kind === kind)?.description}</p>
      <Problem text={problem} />
    </>
  );
}
