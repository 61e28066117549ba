/**
 * `nest start node` compiles this file alone, as dist/apps/node/src/start.js: the program itself is built as
 * every npm command builds it.
 */

const script = new URL('../../../../scripts/watched.mjs', import.meta.url);
const { startProgram } = (await import(script.href)) as {
  readonly startProgram: (name: string) => Promise<void>;
};

await startProgram('node');
