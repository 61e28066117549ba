/**
 * Which state machine of its own a node runs, and that it is the one its cluster runs.
 *
 * Invariant kept here (agreement): a node whose state machine is not that of the cluster file does
 * not start.
 */

import { requireRegularFile } from '@ccro/files';
import { errorMessage } from '@ccro/foreign-text';
import {
  definitionFault,
  stateMachineLabel,
  type StateMachineDefinition,
} from '@ccro/state-machine';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ConfigurationError, notAllowed, shown } from './configuration-error.js';

const ALLOWED =
  'a JavaScript module whose default export is a state machine (docs/STATE-MACHINES.md)';

/**
 * Loads the module at `path`, relative to where the program was started.
 *
 * @param setting what named it, for errors
 * @throws ConfigurationError when there is none, it cannot be loaded, or it exports no state machine
 */
export async function loadStateMachine(
  path: string,
  setting = 'STATE_MACHINE',
): Promise<StateMachineDefinition> {
  let module: { readonly default?: unknown };
  try {
    requireRegularFile(path);
    module = (await import(pathToFileURL(resolve(path)).href)) as typeof module;
  } catch (error) {
    const reason = errorMessage(error);
    const said = `is ${shown(path)}, which cannot be loaded (${reason}); allowed: ${ALLOWED}`;
    throw new ConfigurationError(setting, said);
  }
  const fault = definitionFault(module.default);
  if (fault === undefined) return module.default as StateMachineDefinition;
  const said = `is ${shown(path)}, whose default export is no state machine: ${fault}; allowed: ${ALLOWED}`;
  throw new ConfigurationError(setting, said);
}

/**
 * @param expected what the cluster file names, as `name@version`
 * @throws ConfigurationError unless it is what the node runs
 */
export function requireStateMachine(
  expected: string | undefined,
  definition: StateMachineDefinition | undefined,
): void {
  const given = definition === undefined ? undefined : stateMachineLabel(definition);
  if (given === expected) return;
  if (given === undefined) {
    const said = `is missing; allowed: the module of ${expected}, which this cluster runs`;
    throw new ConfigurationError('STATE_MACHINE', said);
  }
  if (expected === undefined) {
    const said = `is ${given}, which the cluster file does not name; add "stateMachine": "${given}" to it, for all nodes`;
    throw new ConfigurationError('STATE_MACHINE', said);
  }
  throw notAllowed('STATE_MACHINE', given, `${expected}, which this cluster runs`);
}
