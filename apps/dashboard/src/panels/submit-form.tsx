import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { submitData, type Decided } from '../connection/gateway.js';
import { millisText } from '../state/words.js';
import { Form } from './form.js';
import { ForeignText } from './foreign-text.js';
import { Problem, useAttempts } from './problem.js';
import { submittedData } from './submitted-data.js';
import { Tallies } from './tables.js';

/** Submits data to the cluster and shows the answer with its tallies. */
export function SubmitForm(): JSX.Element {
  const [text, setText] = useState('very-important-data');
  const [answer, setAnswer] = useState<Decided | undefined>();
  /** A doubtful text that was asked about: submitted again it is meant so. */
  const [asked, setAsked] = useState<string | undefined>();
  const { problem, busy, attempt } = useAttempts();
  const data = submittedData(text);
  const isQuestion = data.isDoubtful && asked === text;
  const submit = async (): Promise<void> => {
    // What was answered before it failed is of the past.
    if (problem !== undefined) setAnswer(undefined);
    setAnswer(await submitData(data.json));
  };

  return (
    <section aria-labelledby="submit">
      <h2 id="submit">Submit</h2>
      <Form
        onSubmit={() => {
          if (data.isDoubtful && !isQuestion) return setAsked(text);
          setAsked(undefined);
          attempt(submit);
        }}
      >
        <label for="data">Data, as JSON or plain text</label>
        <div class="row">
          <input
            id="data"
            value={text}
            maxLength={10_000}
            onInput={(event) => setText(event.currentTarget.value)}
          />
          <button type="submit" disabled={busy}>
            {busy ? 'Deciding …' : isQuestion ? 'Store as text' : 'Submit'}
          </button>
        </div>
        {data.isText && (
          <p
            class={isQuestion ? 'problem' : 'quiet'}
            role={isQuestion ? 'alert' : undefined}
            data-testid="stored-as"
          >
            This is not JSON: it is stored as the text <ForeignText text={data.json} />.
            {isQuestion && ' Is that what you mean?'}
          </p>
        )}
      </Form>
      <div aria-live="polite" data-testid="answer">
        {answer !== undefined && problem === undefined && <Answer answer={answer} />}
      </div>
      <Problem text={problem} />
    </section>
  );
}

function Answer({ answer }: { readonly answer: Decided }): JSX.Element {
  const { sequence, view, consensusTimeMs, replies, nodes } = answer;
  return (
    <div>
      <p>
        Decided as slot {sequence} in view {view}, after {millisText(consensusTimeMs)}, by{' '}
        {replies.matching} matching replies ({replies.required} needed).
      </p>
      <Tallies nodes={nodes} />
    </div>
  );
}
