import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { dataOf } from '../panels/submit-form.js';
import { COMPARED_FAULTS } from './faults.js';

const SIZES = [4, 7, 10, 13, 16];

/** What is to be compared. */
export interface Question {
  readonly data: unknown;
  readonly nodes: number;
  readonly fault: string;
}

export function CompareForm({
  busy,
  onAsk,
}: {
  readonly busy: boolean;
  readonly onAsk: (question: Question) => void;
}): JSX.Element {
  const [text, setText] = useState('very-important-data');
  const [nodes, setNodes] = useState(4);
  const [fault, setFault] = useState('none');
  return (
    <form
      class="row"
      onSubmit={(event) => {
        event.preventDefault();
        onAsk({ data: dataOf(text), nodes, fault });
      }}
    >
      <label class="grow">
        Data
        <input
          value={text}
          maxLength={10_000}
          onInput={(event) => setText(event.currentTarget.value)}
        />
      </label>
      <label>
        Nodes
        <select value={nodes} onChange={(event) => setNodes(Number(event.currentTarget.value))}>
          {SIZES.map((size) => (
            <option key={size} value={size}>
              {size}
            </option>
          ))}
        </select>
      </label>
      <label>
        Fault
        <select value={fault} onChange={(event) => setFault(event.currentTarget.value)}>
          {Object.entries(COMPARED_FAULTS).map(([kind, words]) => (
            <option key={kind} value={kind}>
              {words}
            </option>
          ))}
        </select>
      </label>
      <button type="submit" disabled={busy}>
        {busy ? 'Deciding …' : 'Compare'}
      </button>
    </form>
  );
}
