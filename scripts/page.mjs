/** Builds the page that the gateway serves, apps/dashboard, into dist/dashboard. */
import { join } from 'node:path';

/** @param root of the working copy */
export async function buildPage(root) {
  // Installed by the time this runs, which is later than this file is loaded.
  const { build } = await import('vite');
  await build({ configFile: join(root, 'apps', 'dashboard', 'vite.config.ts') });
}
