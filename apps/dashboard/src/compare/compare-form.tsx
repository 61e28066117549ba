import type { CellFault } from '@ccro/experiment';
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { ForeignText } from '../panels/foreign-text.js';
import { submittedData } from '../panels/submitted-data.js';

const SIZES = [4, 7, 10, 13, 16];

/** Faults that a comparison offers, in plain words. */
const COMPARED_FAULTS: Readonly<Partial<Record<CellFault, string>>> = {
  none: 'no fault',
  offline: 'f nodes offline',
  falsify: 'f nodes vote for wrong data',
  'double-vote': 'f nodes vote twice',
  equivocate: 'the commander equivocates',
  'silent-collector': 'the communication node is silent',
  delay: 'f nodes are late',
};

/** What is to be compared. */
export interface Question {
  /** JSON text. */
  readonly json: string;
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
  const data = submittedData(text);
  return (
    <form
      class="row"
      onSubmit={(event) => {
        event.preventDefault();
        onAsk({ json: data.json, nodes, fault });
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
      {data.isDoubtful && (
        <p class="quiet">
          This is not JSON: it is decided on as the text <ForeignText text={data.json} />.
        </p>
      )}
    </form>
  );
}
