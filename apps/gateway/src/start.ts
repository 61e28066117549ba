/**
 * `nest start gateway` compiles this file alone: it builds what is not built, as every npm command does
 * and one at a time, and becomes the built program. With `--watch` it runs the program beside it instead, and
 * again when a source changed.
 */

/** This file is dist/apps/gateway/src/start.js. */
const ROOT = new URL('../../../../', import.meta.url);

const { prepareOrExit } = (await import(new URL('scripts/prepare.mjs', ROOT).href)) as {
  readonly prepareOrExit: () => Promise<void>;
};
const { isWatched, runWatched } = (await import(new URL('scripts/watched.mjs', ROOT).href)) as {
  readonly isWatched: () => boolean;
  readonly runWatched: (program: string) => void;
};
const program = new URL('dist/programs/gateway.js', ROOT);

await prepareOrExit();
if (isWatched()) runWatched(program.pathname);
else await import(program.href);
