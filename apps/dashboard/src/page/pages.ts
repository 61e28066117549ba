import type { ComponentType } from 'preact';
import { LedgerPage } from '../ledger/ledger-page.js';
import { ClusterPage } from './cluster-page.js';
import { laterPage } from './later-page.js';
import type { PageProps } from './page-props.js';

export interface Page {
  readonly path: string;
  readonly title: string;
  readonly component: ComponentType<PageProps>;
}

const CLUSTER: Page = { path: '/', title: 'Cluster', component: ClusterPage };

const LEDGER: Page = { path: '/ledger', title: 'Ledger', component: LedgerPage };

const EXPERIMENTS: Page = {
  path: '/experiments',
  title: 'Experiments',
  component: laterPage(async () => {
    const { ExperimentsPage } = await import('../experiments/experiments-page.js');
    return ExperimentsPage;
  }),
};

/** All pages there are, in the order of the links to them. */
export const PAGES: readonly Page[] = [CLUSTER, LEDGER, EXPERIMENTS];

/** The page at `path`; the first for what is none. */
export function pageAt(path: string): Page {
  return PAGES.find((page) => page.path === path) ?? CLUSTER;
}
