import type { RecordedStep } from '@ccro/simulator';
import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { Choice } from '../panels/form.js';
import { isMilestone, TOPICS, type Selection, type Topic } from './selection.js';
import { titleOf } from './words.js';

/** Height of a row and number of rows in sight: only what can be seen is drawn. */
const ROW_PX = 26;
const ROWS = 26;

interface StepListProps {
  readonly steps: readonly RecordedStep[];
  readonly shown: readonly number[];
  readonly index: number;
  readonly onShow: (index: number) => void;
}

/** The selected steps, in order; the current one is kept in sight. */
export function StepList({ steps, shown, index, onShow }: StepListProps): JSX.Element {
  const box = useRef<HTMLOListElement>(null);
  const [top, setTop] = useState(0);
  const row = shown.findLastIndex((each) => each <= index);
  useEffect(() => {
    const list = box.current;
    if (list === null) return;
    const [first, last] = [list.scrollTop / ROW_PX + 1, list.scrollTop / ROW_PX + ROWS - 3];
    if (row < first || row > last) list.scrollTop = Math.max(0, (row - ROWS / 2) * ROW_PX);
  }, [row]);
  // The list may have become shorter than it was scrolled.
  const from = Math.max(0, Math.min(Math.floor(top / ROW_PX) - 4, shown.length - ROWS));
  const visible = shown.slice(from, from + ROWS + 8);
  return (
    <ol
      class="steps"
      ref={box}
      data-testid="steps"
      // It scrolls, also by the keyboard.
      tabIndex={0}
      aria-label="Steps"
      style={{ height: `${ROWS * ROW_PX}px` }}
      onScroll={(event) => setTop(event.currentTarget.scrollTop)}
    >
      <li class="filler" aria-hidden="true" style={{ height: `${from * ROW_PX}px` }} />
      {visible.map((each) => {
        const step = steps[each];
        return step === undefined ? null : (
          <li key={each} class={classOf(step)} style={{ height: `${ROW_PX}px` }}>
            <button
              type="button"
              class="plain"
              tabindex={-1}
              aria-current={each === index ? 'step' : undefined}
              onClick={() => onShow(each)}
            >
              <span class="quiet">{step.atMs.toFixed(1)}</span> {titleOf(step)}
            </button>
          </li>
        );
      })}
      <li
        class="filler"
        aria-hidden="true"
        style={{ height: `${Math.max(0, shown.length - from - visible.length) * ROW_PX}px` }}
      />
    </ol>
  );
}

function classOf(step: RecordedStep): string {
  if (isMilestone(step, 'lie')) return 'step step-lie';
  if (isMilestone(step, 'noticed')) return 'step step-noticed';
  return isMilestone(step, 'decision') ? 'step step-decision' : 'step';
}

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
