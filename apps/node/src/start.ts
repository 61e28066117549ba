/**
 * `nest start node` compiles this file alone: it builds what is not built, as every npm command does
 * and one at a time, and becomes the built program.
 */

/** This file is dist/apps/node/src/start.js. */
const ROOT = new URL('../../../../', import.meta.url);

const { prepareOrExit } = (await import(new URL('scripts/prepare.mjs', ROOT).href)) as {
  readonly prepareOrExit: () => Promise<void>;
};
await prepareOrExit();
await import(new URL('dist/programs/node.js', ROOT).href);
