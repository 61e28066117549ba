import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { Charts } from '../panels/charts.js';
import { Decisions } from '../panels/decisions.js';
import { Lies } from '../panels/lies.js';
import { NodePanel } from '../panels/node-panel.js';
import { SubmitForm } from '../panels/submit-form.js';
import { PhaseList, Ring } from '../ring/ring.js';
import { currentView, nodeViews } from '../state/derive.js';
import { useDashboard, useNow } from '../state/store.js';
import { CONNECTIONS } from '../state/words.js';
import type { PageProps } from './page.js';
import { useMedia } from './theme.js';

/** The cluster as it works. */
export function ClusterPage({ store, theme }: PageProps): JSX.Element {
  const state = useDashboard(store);
  const now = useNow(1_000);
  const [selected, setSelected] = useState<number | undefined>();
  const motion = !useMedia('(prefers-reduced-motion: reduce)');
  const nodes = nodeViews(state, Math.max(now, performance.now()));
  const { connection, hello, shown, decisions, accusations, notices, rates, every } = state;
  const view = currentView(state);
  return (
    <div class={`cluster connection-${connection}`}>
      <p class="facts">
        <span class="badge" role="status" data-testid="connection">
          {CONNECTIONS[connection]}
        </span>
        {hello !== undefined && (
          <span>
            {hello.mode.toUpperCase()}, {hello.n} nodes, up to {hello.f} faulty, quorum{' '}
            {hello.quorum}
          </span>
        )}
        <span data-testid="view">
          View <b>{view ?? '–'}</b>
          {view !== undefined && hello !== undefined && `, commander ${view % hello.n}`}
        </span>
      </p>
      <section class="stage" aria-label="Ring of nodes">
        <Ring
          {...{ nodes, shown, selected, motion }}
          onSelect={(id) => setSelected(id === selected ? undefined : id)}
        />
        <PhaseList shown={shown} n={nodes.length} every={every} />
      </section>
      <div class="side">
        <SubmitForm />
        <NodePanel node={nodes.find(({ id }) => id === selected)} faults={hello?.faults ?? []} />
        <Decisions decisions={decisions} />
      </div>
      <Charts rates={rates} theme={theme} />
      <Lies accusations={accusations} notices={notices} />
      <p class="quiet note">
        What nodes tell of themselves here is unsigned: it is for the eye, and nothing is decided by
        it. The answers to your requests are what f + 1 nodes signed alike.
      </p>
    </div>
  );
}
