import type { ComponentType } from 'preact';
import { ClusterPage } from './cluster-page.js';
import { later } from './later.js';
import type { PageProps } from './page-props.js';

export interface Page {
  readonly path: string;
  readonly title: string;
  readonly component: ComponentType<PageProps>;
}

const CLUSTER: Page = { path: '/', title: 'Cluster', component: ClusterPage };

const LEDGER: Page = {
  path: '/ledger',
  title: 'Ledger',
  component: later(async () => (await import('../ledger/ledger-page.js')).LedgerPage),
};

const COMPARE: Page = {
  path: '/compare',
  title: 'Compare',
  component: later(async () => (await import('../compare/compare-page.js')).ComparePage),
};

const EXPERIMENTS: Page = {
  path: '/experiments',
  title: 'Experiments',
  component: later(async () => {
    const { ExperimentsPage } = await import('../experiments/experiments-page.js');
    return ExperimentsPage;
  }),
};

const REPLAY: Page = {
  path: '/replay',
  title: 'Replay',
  component: later(async () => (await import('../replay/replay-page.js')).ReplayPage),
};

const CHECK: Page = {
  path: '/check',
  title: 'Check',
  component: later(async () => (await import('../receipt-check/check-page.js')).CheckPage),
};

/** All pages there are, in the order of the links to them. */
export const PAGES: readonly Page[] = [CLUSTER, LEDGER, COMPARE, EXPERIMENTS, REPLAY, CHECK];

/** The page at `path`; the first for what is none. */
export function pageAt(path: string): Page {
  return PAGES.find((page) => page.path === path) ?? CLUSTER;
}
