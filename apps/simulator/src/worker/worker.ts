/**
 * A worker process: runs one seed after another. What it loads of the protocol it loads when it
 * has been told what to change in it, so nothing but Node's own modules is imported before.
 */

import { register } from 'node:module';
import type { FromWorker, ToWorker } from './messages.js';

const EDIT_ON_LOAD = '../../../../libs/simulator/src/broken/edit-on-load.js';

let runTask: typeof import('./run-task.js').runTask | undefined;

process.on('message', (message: ToWorker) => {
  // What goes wrong in here is a bug of ours: the process ends, and the program says so.
  void take(message).then((answer) => process.send?.(answer));
});

async function take(message: ToWorker): Promise<FromWorker> {
  if (message.kind === 'setup') {
    const { edits } = message;
    if (edits.length > 0) register(EDIT_ON_LOAD, import.meta.url, { data: { edits } });
    ({ runTask } = await import('./run-task.js'));
    return { kind: 'ready' };
  }
  if (runTask === undefined) throw new Error('a task came before the setup');
  return runTask(message);
}
