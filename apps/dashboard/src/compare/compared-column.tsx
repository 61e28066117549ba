import type { ComparedMode, ComparedTimes, Observed } from '@ccro/experiment';
import type { JSX } from 'preact';
import { ForeignText } from '../panels/foreign-text.js';
import { Tallies } from '../panels/tallies.js';
import { millisText } from '../state/words.js';

/** One mode: its time, its messages by kind, and what every node saw. */
export function ComparedColumn({
  compared,
  most,
}: {
  readonly compared: ComparedMode;
  /** Deliveries of the mode that has more: a full bar stands for them. */
  readonly most: number;
}): JSX.Element {
  const name = compared.mode.toUpperCase();
  return (
    <section aria-labelledby={`mode-${compared.mode}`} data-testid={`mode-${compared.mode}`}>
      <h2 id={`mode-${compared.mode}`}>{name}</h2>
      {compared.outcome === 'failed' ? (
        <p class="problem">
          Nothing was decided: <ForeignText text={compared.reason} />
        </p>
      ) : (
        <Decision decision={compared.decision} times={compared.times} most={most} />
      )}
    </section>
  );
}

function Decision({
  decision,
  times,
  most,
}: {
  readonly decision: Observed;
  readonly times: ComparedTimes;
  readonly most: number;
}): JSX.Element {
  const { view, deliveries, bytes, byKind, nodes } = decision;
  return (
    <>
      <p>
        Decided in {millisText(times.median)}
        {times.rounds > 1 &&
          `, the median of ${times.rounds} rounds from ${millisText(times.least)} to ${millisText(times.most)}`}
        {view > 0 && `, in view ${view}: ${view} commander${view > 1 ? 's' : ''} replaced`}.{' '}
        <b>{deliveries}</b> messages, {(bytes / 1_000).toFixed(1)} kB.
      </p>
      <table class="bars">
        <tbody>
          {Object.entries(byKind).map(([kind, count]) => (
            <tr key={kind}>
              <th scope="row">{kind}</th>
              <td>{count}</td>
              <td>
                <svg viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
                  <rect class="bar" width={(count / most) * 100} height="8" rx="1" />
                </svg>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <Tallies nodes={nodes} />
    </>
  );
}
