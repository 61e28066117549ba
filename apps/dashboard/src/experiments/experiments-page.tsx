import { LOCALE } from '../platform/locale.js';
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { PageProps } from '../page/page.js';
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
  const id = chosen ?? list[0]?.id;

  // Anew at once when one was asked for or has ended.
  const listProblem = useLooks(LIST_LOOK_MS, [chosen, shown?.state], listExperiments, setList);
  const readShown = async () => (id === undefined ? undefined : readExperiment(id));
  const shownProblem = useLooks(SHOWN_LOOK_MS, [id], readShown, (found) => {
    setShown(found);
    return isOver(found);
  });
  const problem = listProblem ?? shownProblem;
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
