import { errorMessage } from '@ccro/foreign-text';
import { LOCALE } from '../platform/locale.js';
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { PageProps } from '../page/page-props.js';
import { Problem } from '../panels/problem.js';
import { useLooks } from '../state/looks.js';
import { ExperimentForm } from './experiment-form.js';
import { ExperimentPanel } from './experiment-panel.js';
import {
  isOver,
  listExperiments,
  readExperiment,
  type Experiment,
  type ExperimentSummary,
} from './experiments-api.js';
import './experiments.css';

/** How often the page asks how far things are. */
const LIST_LOOK_MS = 3_000;
const SHOWN_LOOK_MS = 500;

/** Sweeps over clusters of their own: ask for one, follow it, see what came of it. */
export function ExperimentsPage({ theme }: PageProps): JSX.Element {
  const [list, setList] = useState<readonly ExperimentSummary[]>([]);
  const [chosen, setChosen] = useState<string | undefined>();
  const [shown, setShown] = useState<Experiment | undefined>();
  /** Why the last look at the list failed, and why the last one at what is shown. */
  const [listProblem, setListProblem] = useState<string | undefined>();
  const [shownProblem, setShownProblem] = useState<string | undefined>();
  const problem = listProblem ?? shownProblem;
  const id = chosen ?? list[0]?.id;

  // Anew at once when one was asked for or has ended.
  useLooks(LIST_LOOK_MS, [chosen, shown?.state], async (isStale) => {
    try {
      const found = await listExperiments();
      if (isStale()) return true;
      setList(found);
      setListProblem(undefined);
    } catch (error) {
      if (!isStale()) setListProblem(errorMessage(error));
    }
    return false;
  });
  useLooks(SHOWN_LOOK_MS, [id], async (isStale) => {
    if (id === undefined) return false;
    try {
      const found = await readExperiment(id);
      if (isStale()) return true;
      setShown(found);
      setShownProblem(undefined);
      return isOver(found);
    } catch (error) {
      if (!isStale()) setShownProblem(errorMessage(error));
      return false;
    }
  });
  // By the time it has an answer another one may be shown.
  const change = (next: Experiment): void => setShown((now) => (now?.id === next.id ? next : now));

  return (
    <div class="cluster experiments">
      {problem !== undefined && (
        <div class="facts">
          <Problem text={problem} />
        </div>
      )}
      <div class="side">
        <ExperimentForm onCreated={setChosen} />
        <section aria-labelledby="all-experiments">
          <h2 id="all-experiments">Experiments</h2>
          {list.length === 0 && <p class="quiet">None yet.</p>}
          <ul class="lines">
            {list.map((each) => (
              <li key={each.id}>
                <button
                  type="button"
                  class="plain wide"
                  aria-pressed={each.id === id}
                  onClick={() => setChosen(each.id)}
                >
                  {summaryText(each)}
                </button>
              </li>
            ))}
          </ul>
        </section>
      </div>
      {shown !== undefined && (
        <ExperimentPanel key={shown.id} experiment={shown} theme={theme} onChange={change} />
      )}
    </div>
  );
}

function summaryText(experiment: ExperimentSummary): string {
  const { plan, progress, state, createdAt } = experiment;
  const sizes = plan.sizes.map(({ nodes }) => nodes);
  const range = sizes.length === 1 ? `n = ${sizes[0]}` : `n = ${sizes[0]} to ${sizes.at(-1)}`;
  const part = isOver(experiment) ? '' : ` (${progress.done} of ${progress.cells})`;
  const at = new Date(createdAt).toLocaleTimeString(LOCALE);
  return `${at}: ${range}, ${plan.fault.join(', ')}: ${state}${part}`;
}
