import type { JSX } from 'preact';
import type { Accusation, DashboardState } from '../state/dashboard-state.js';
import { accusationText, noticeText } from '../state/words.js';

/** Who was caught, who is suspected of what, and which nodes changed their view. */
export function Lies({
  accusations,
  notices,
}: Pick<DashboardState, 'accusations' | 'notices'>): JSX.Element {
  const caught = accusations.filter(({ standing }) => standing === 'proven');
  const against = accusations.filter(({ standing }) => standing === 'signed');
  const suspected = accusations.filter(({ standing }) => standing === 'suspected');
  return (
    <section aria-labelledby="lies">
      <h2 id="lies">Caught</h2>
      {caught.length === 0 && <p class="quiet">Nobody since this page was opened.</p>}
      <Accusations of={caught} look="accusation" testid="accusations" />
      {against.length > 0 && <h2>Voted against a decision</h2>}
      <Accusations of={against} look="against" testid="against" />
      {suspected.length > 0 && <h2>Suspected</h2>}
      <Accusations of={suspected} look="suspicion" testid="suspicions" />
      <h2>Views</h2>
      {notices.length === 0 && <p class="quiet">No change of view since this page was opened.</p>}
      <ul class="lines" data-testid="notices">
        {notices.slice(0, 8).map((notice) => (
          <li key={notice.key}>{noticeText(notice)}</li>
        ))}
      </ul>
    </section>
  );
}

interface AccusationsProps {
  readonly of: readonly Accusation[];
  readonly look: string;
  readonly testid: string;
}

function Accusations({ of, look, testid }: AccusationsProps): JSX.Element {
  return (
    <ul class="lines" aria-live="polite" data-testid={testid}>
      {of.map((accusation) => (
        <li key={`${accusation.accused}:${accusation.kind}`} class={look}>
          {accusationText(accusation)}
        </li>
      ))}
    </ul>
  );
}
