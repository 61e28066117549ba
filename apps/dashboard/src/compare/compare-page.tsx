import type { Comparison } from '@ccro/experiment';
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { compareModes } from '../connection/gateway.js';
import { Problem, useAttempts } from '../panels/problem.js';
import { CompareForm, type Question } from './compare-form.js';
import { ComparedColumn } from './compared-column.js';
import { inWords } from './in-words.js';

/** The same request under PBFT and under CCRO, side by side. */
export function ComparePage(): JSX.Element {
  const [answer, setAnswer] = useState<Comparison | undefined>();
  const { problem, busy, attempt } = useAttempts();

  const compare = ({ json, nodes, fault }: Question): Promise<void> =>
    attempt(async () => setAnswer(await compareModes(json, nodes, fault)));

  return (
    <div class="column">
      <section aria-labelledby="compare">
        <h2 id="compare">The same request under PBFT and under CCRO</h2>
        <CompareForm busy={busy} onAsk={(question) => void compare(question)} />
        <p class="quiet">
          Both run here, in two small clusters of their own: the cluster of this gateway has no part
          in it. A broadcast counts as one message for each node that gets it.
        </p>
        <div aria-live="polite">
          <Problem text={problem} />
          {answer !== undefined && <p data-testid="comparison">{inWords(answer)}</p>}
        </div>
      </section>
      {answer !== undefined && (
        <div class="beside">
          {answer.modes.map((each) => (
            <ComparedColumn key={each.mode} compared={each} most={mostDeliveries(answer)} />
          ))}
        </div>
      )}
    </div>
  );
}

function mostDeliveries({ modes }: Comparison): number {
  return Math.max(
    1,
    ...modes.map((each) => (each.outcome === 'decided' ? each.decision.deliveries : 0)),
  );
}
