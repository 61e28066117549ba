import type { JSX } from 'preact';
import type { Accusation, Notice } from '../state/dashboard-state.js';
import { accusationText, noticeText } from '../state/words.js';

/** Who was caught at what, and which nodes changed their view. */
export function Lies({
  accusations,
  notices,
}: {
  readonly accusations: readonly Accusation[];
  readonly notices: readonly Notice[];
}): JSX.Element {
  return (
    <section aria-labelledby="lies">
      <h2 id="lies">Caught</h2>
      {accusations.length === 0 && <p class="quiet">Nobody since this page was opened.</p>}
      <ul class="lines" aria-live="polite" data-testid="accusations">
        {accusations.map((accusation) => (
          <li key={`${accusation.accused}:${accusation.kind}`} class="accusation">
            {accusationText(accusation)}
          </li>
        ))}
      </ul>
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
