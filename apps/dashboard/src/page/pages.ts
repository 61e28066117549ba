import type { ComponentType } from 'preact';
import { ClusterPage } from './cluster-page.js';
import { later, type PageProps } from './page.js';
import { PAGE_PATHS, type PagePath } from './paths.js';

interface Page {
  readonly title: string;
  readonly component: ComponentType<PageProps>;
}

const PAGE_AT: Readonly<Record<PagePath, Page>> = {
  '/': { title: 'Cluster', component: ClusterPage },
  '/ledger': {
    title: 'Ledger',
    component: later(async () => (await import('../ledger/ledger-page.js')).LedgerPage),
  },
  '/compare': {
    title: 'Compare',
    component: later(async () => (await import('../compare/compare-page.js')).ComparePage),
  },
  '/experiments': {
    title: 'Experiments',
    component: later(async () => {
      const { ExperimentsPage } = await import('../experiments/experiments-page.js');
      return ExperimentsPage;
    }),
  },
  '/replay': {
    title: 'Replay',
    component: later(async () => (await import('../replay/replay-page.js')).ReplayPage),
  },
  '/check': {
    title: 'Check',
    component: later(async () => (await import('../receipt-check/check-page.js')).CheckPage),
  },
};

/** All pages there are, in the order of the links to them. */
export const PAGES = PAGE_PATHS.map((path) => ({ path, ...PAGE_AT[path] }));

/** The page at `path`; the first one for an unknown path. */
export function pageAt(path: string): (typeof PAGES)[number] {
  const known = PAGE_PATHS.find((each) => each === path) ?? '/';
  return { path: known, ...PAGE_AT[known] };
}
