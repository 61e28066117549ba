import type { JSX } from 'preact';
import { Choice } from '../panels/form.js';
import { TOPICS, type Selection, type Topic } from './selection.js';

interface SelectionFormProps {
  readonly n: number;
  readonly selection: Selection;
  readonly onChange: (selection: Selection) => void;
}

/** Searches the steps, by words, node and topic. */
export function SelectionForm({ n, selection, onChange }: SelectionFormProps): JSX.Element {
  const { text, node, topic } = selection;
  return (
    <div class="row" role="search">
      <label>
        Search{' '}
        <input
          type="search"
          value={text}
          placeholder="commit s2"
          onInput={({ currentTarget }) => onChange({ ...selection, text: currentTarget.value })}
        />
      </label>
      <Choice
        label="Node"
        options={[undefined, ...Array(n).keys()]}
        nameOf={(id) => String(id ?? 'all')}
        value={node}
        onChange={(id) => onChange({ ...selection, node: id })}
      />
      <Choice
        label="Kind"
        options={[undefined, ...(Object.keys(TOPICS) as Topic[])]}
        nameOf={(kind) => (kind === undefined ? 'all' : TOPICS[kind])}
        value={topic}
        onChange={(kind) => onChange({ ...selection, topic: kind })}
      />
    </div>
  );
}
