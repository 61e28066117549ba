import type { JSX } from 'preact';
import { TOPICS, type Selection, type Topic } from './selection.js';

/** Searches the steps, by words, node and topic. */
export function SelectionForm({
  n,
  selection,
  onChange,
}: {
  readonly n: number;
  readonly selection: Selection;
  readonly onChange: (selection: Selection) => void;
}): JSX.Element {
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
      <label>
        Node{' '}
        <select
          value={node ?? ''}
          onChange={({ currentTarget: { value } }) =>
            onChange({ ...selection, node: value === '' ? undefined : Number(value) })
          }
        >
          <option value="">all</option>
          {Array.from({ length: n }, (_, id) => (
            <option key={id} value={id}>
              {id}
            </option>
          ))}
        </select>
      </label>
      <label>
        Kind{' '}
        <select
          value={topic ?? ''}
          onChange={({ currentTarget: { value } }) =>
            onChange({ ...selection, topic: value === '' ? undefined : (value as Topic) })
          }
        >
          <option value="">all</option>
          {(Object.keys(TOPICS) as Topic[]).map((each) => (
            <option key={each} value={each}>
              {TOPICS[each]}
            </option>
          ))}
        </select>
      </label>
    </div>
  );
}
