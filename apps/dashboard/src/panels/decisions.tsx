import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { DashboardState, ShownDecision } from '../state/dashboard-state.js';
import { millisText } from '../state/words.js';
import { Table } from './tables.js';

/** How long a sentence is left to be read out before the next one. */
const SAY_EVERY_MS = 3_000;

/** Decisions as they arrive, the newest first; the newest is read out. */
export function Decisions({ decisions }: Pick<DashboardState, 'decisions'>): JSX.Element {
  const [newest] = decisions;
  const said = useSlowly(
    newest === undefined ? '' : `Slot ${newest.sequence} decided, ${timeText(newest)}`,
  );
  return (
    <section aria-labelledby="decisions">
      <h2 id="decisions">Decisions</h2>
      <p class="spoken" aria-live="polite" data-testid="newest-decision">
        {said}
      </p>
      {decisions.length === 0 ? (
        <p class="quiet">None yet.</p>
      ) : (
        <Table titles={['Slot', 'View', 'Time', 'How']}>
          {decisions.slice(0, 8).map((decision) => (
            <tr key={decision.sequence} title={`digest ${decision.digest}…`}>
              <td>{decision.sequence}</td>
              <td>{decision.view}</td>
              <td>{timeText(decision)}</td>
              <td>{howText(decision)}</td>
            </tr>
          ))}
        </Table>
      )}
    </section>
  );
}

/** The newest `text`, changing no faster than it can be listened to. */
function useSlowly(text: string): string {
  const [said, setSaid] = useState(text);
  const newest = useRef(text);
  newest.current = text;
  const waits = said !== text;
  // What comes while a sentence waits changes that sentence, and does not make it wait longer.
  useEffect(() => {
    if (!waits) return undefined;
    const timer = setTimeout(() => setSaid(newest.current), SAY_EVERY_MS);
    return () => clearTimeout(timer);
  }, [waits, said]);
  return said;
}

function timeText({ consensusTimeMs, durationMs }: ShownDecision): string {
  const ms = consensusTimeMs ?? durationMs;
  return ms === null ? 'by catching up' : millisText(ms);
}

function howText({ fast, requests }: ShownDecision): string {
  const rounds = fast === null ? '' : fast ? 'one round' : 'two rounds';
  const many = requests !== null && requests > 1 ? `${requests} requests` : '';
  return [rounds, many].filter((part) => part !== '').join(', ');
}
