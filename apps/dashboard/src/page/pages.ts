import type { ComponentType } from 'preact';
import { ClusterPage } from './cluster-page.js';
import type { PageProps } from './page-props.js';

export interface Page {
  readonly path: string;
  readonly title: string;
  readonly component: ComponentType<PageProps>;
}

const CLUSTER: Page = { path: '/', title: 'Cluster', component: ClusterPage };

/** All pages there are, in the order of the links to them. */
export const PAGES: readonly Page[] = [CLUSTER];

/** The page at `path`; the first for what is none. */
export function pageAt(path: string): Page {
  return PAGES.find((page) => page.path === path) ?? CLUSTER;
}
