import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { FileDrop } from '../panels/file-drop.js';
import { Choice, Form } from '../panels/form.js';
import { CASES } from './cases.js';

type Story = keyof typeof CASES;
const STORIES = Object.keys(CASES) as Story[];

/** Largest file that is looked into: a trace has some megabytes. */
const MAX_TRACE_BYTES = 64 * 1024 * 1024;

interface SourceFormProps {
  /** Nothing is there yet, so this is what one looks for. */
  readonly open: boolean;
  readonly onQuery: (query: string) => void;
  readonly onTrace: (text: string) => void;
}

/** What to replay: a story, a seed, or a file with a trace. */
export function SourceForm({ open, onQuery, onTrace }: SourceFormProps): JSX.Element {
  return (
    <FileDrop
      class="source"
      name="What to replay"
      label="Trace"
      accept=".txt,text/plain"
      mostBytes={MAX_TRACE_BYTES}
      onFile={async (file) => onTrace(await file.text())}
    >
      {(field) => (
        <details open={open}>
          <summary>What to replay</summary>
          <div class="row">
            <StoryForm onQuery={onQuery} />
            <SeedForm onQuery={onQuery} />
            {field}
          </div>
          <p class="quiet">
            A seed runs here as in <code>npm run simulate -- --seed</code>; a trace that this wrote
            can be dropped here.
          </p>
        </details>
      )}
    </FileDrop>
  );
}

function StoryForm({ onQuery }: { readonly onQuery: (query: string) => void }): JSX.Element {
  const [story, setStory] = useState<Story>('equivocating-commander');
  return (
    <Form class="row" onSubmit={() => onQuery(`?case=${story}`)}>
      <Choice
        label="Story"
        options={STORIES}
        nameOf={(name) => CASES[name]}
        value={story}
        onChange={setStory}
      />
      <button type="submit">Run the story</button>
    </Form>
  );
}

function SeedForm({ onQuery }: { readonly onQuery: (query: string) => void }): JSX.Element {
  const [seed, setSeed] = useState('');
  return (
    <Form class="row" onSubmit={() => onQuery(`?seed=${seed}`)}>
      <label>
        Seed{' '}
        <input
          inputMode="numeric"
          pattern="\d{1,10}"
          required
          size={10}
          value={seed}
          onInput={({ currentTarget }) => setSeed(currentTarget.value)}
        />
      </label>
      <button type="submit">Run the seed</button>
    </Form>
  );
}
