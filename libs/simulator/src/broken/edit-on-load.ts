/**
 * Module hooks for Node (`module.register`): sources are changed while they are loaded. Runs in a
 * thread of its own and gets the edits as its data.
 *
 * A file that is built from TypeScript is changed as well when it lies at the same path below the
 * folder of what is built.
 */

import type { InitializeHook, LoadHook } from 'node:module';
import { applyEdits, type SourceEdit } from './source-edit.js';

/** What `register` passes on. */
export interface EditData {
  readonly edits: readonly SourceEdit[];
}

let edits: readonly SourceEdit[] = [];

export const initialize: InitializeHook<EditData> = (data) => {
  ({ edits } = data);
};

export const load: LoadHook = async (url, context, nextLoad) => {
  const loaded = await nextLoad(url, context);
  const path = new URL(url).pathname;
  const wanted = edits.filter(({ file }) => path.endsWith(`/${file.replace(/\.ts$/, '.js')}`));
  if (wanted.length === 0 || loaded.source === undefined || loaded.source === null) return loaded;
  const source = Buffer.from(loaded.source as Uint8Array).toString('utf8');
  return { ...loaded, source: applyEdits(source, wanted) };
};
