import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { Form } from '../panels/form.js';
import { Problem, useAttempts } from '../panels/problem.js';
import {
  FAULT_NAMES,
  FIRST_FORM,
  MODE_NAMES,
  requestOf,
  SEED_FORM,
  toggled,
  type FormState,
  type SizedBy,
} from './experiment-request.js';
import { createExperiment } from './experiments-api.js';

/** Asks for a sweep. */
export function ExperimentForm({
  onCreated,
}: {
  readonly onCreated: (id: string) => void;
}): JSX.Element {
  const [form, setForm] = useState<FormState>(FIRST_FORM);
  const { problem, busy, attempt } = useAttempts();
  const change = (part: Partial<FormState>): void => setForm({ ...form, ...part });

  const submit = async (): Promise<void> => {
    const request = requestOf(form);
    if (typeof request === 'string') throw new Error(request);
    onCreated((await createExperiment(request)).id);
  };

  return (
    <section aria-labelledby="new-experiment">
      <h2 id="new-experiment">New experiment</h2>
      <Form onSubmit={() => attempt(submit)}>
        <Choices
          title="Mode"
          all={MODE_NAMES}
          chosen={form.mode}
          onChange={(mode) => change({ mode })}
        />
        <Sizes form={form} onChange={change} />
        <Choices
          title="Fault"
          all={FAULT_NAMES}
          chosen={form.fault}
          onChange={(fault) => change({ fault })}
        />
        <div class="row">
          <button type="submit" disabled={busy}>
            Measure
          </button>
          <button type="button" class="plain" onClick={() => setForm(SEED_FORM)}>
            The seed's two tables
          </button>
        </div>
        <Problem text={problem} />
      </Form>
    </section>
  );
}

interface SizesProps {
  readonly form: FormState;
  readonly onChange: (part: Partial<FormState>) => void;
}

function Sizes({ form, onChange }: SizesProps): JSX.Element {
  return (
    <div class="row">
      <div class="field">
        <label for="sized-by">Sizes are</label>
        <select
          id="sized-by"
          value={form.sizedBy}
          onChange={(event) => onChange({ sizedBy: event.currentTarget.value as SizedBy })}
        >
          <option value="byzantine">faulty nodes f, of 3f + 1</option>
          <option value="nodes">nodes in all</option>
        </select>
      </div>
      <div class="field grow">
        <label for="sizes">Sizes, with commas</label>
        <input
          id="sizes"
          value={form.sizes}
          onInput={(event) => onChange({ sizes: event.currentTarget.value })}
        />
      </div>
      <div class="field">
        <label for="rounds">Rounds</label>
        <input
          id="rounds"
          type="number"
          min="1"
          max="100"
          value={form.rounds}
          onInput={(event) => onChange({ rounds: event.currentTarget.valueAsNumber || 1 })}
        />
      </div>
    </div>
  );
}

interface ChoicesProps<T extends string> {
  readonly title: string;
  readonly all: readonly T[];
  readonly chosen: readonly T[];
  readonly onChange: (chosen: T[]) => void;
}

function Choices<T extends string>({ title, all, chosen, onChange }: ChoicesProps<T>): JSX.Element {
  return (
    <fieldset>
      <legend>{title}</legend>
      {all.map((each) => (
        <label key={each} class="choice">
          <input
            type="checkbox"
            checked={chosen.includes(each)}
            onChange={() => onChange(toggled(all, chosen, each))}
          />
          {each}
        </label>
      ))}
    </fieldset>
  );
}
