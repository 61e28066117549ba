import type { CellFault } from '@ccro/experiment';
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { ComparisonQuestion } from '../connection/gateway.js';
import { Choice, Form } from '../panels/form.js';
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

interface CompareFormProps {
  readonly busy: boolean;
  readonly onAsk: (question: ComparisonQuestion) => void;
}

export function CompareForm({ busy, onAsk }: CompareFormProps): JSX.Element {
  const [text, setText] = useState('very-important-data');
  const [nodes, setNodes] = useState(4);
  const [fault, setFault] = useState<CellFault>('none');
  const data = submittedData(text);
  return (
    <Form class="row" onSubmit={() => onAsk({ json: data.json, nodes, fault })}>
      <label class="grow">
        Data
        <input
          value={text}
          maxLength={10_000}
          onInput={(event) => setText(event.currentTarget.value)}
        />
      </label>
      <Choice label="Nodes" options={SIZES} value={nodes} onChange={setNodes} />
      <Choice
        label="Fault"
        options={Object.keys(COMPARED_FAULTS) as CellFault[]}
        nameOf={(kind) => COMPARED_FAULTS[kind] ?? kind}
        value={fault}
        onChange={setFault}
      />
      <button type="submit" disabled={busy}>
        {busy ? 'Deciding …' : 'Compare'}
      </button>
      {data.isDoubtful && (
        <p class="quiet">
          This is not JSON: it is decided on as the text <ForeignText text={data.json} />.
        </p>
      )}
    </Form>
  );
}
