import { getEventListeners } from 'node:events';
import { planOf } from '@ccro/experiment';
import { expect, it } from 'vitest';
import { ScriptedMeasurer } from '../../test/scripted-measurer.js';
import type { Account } from './experiment.js';
import { runExperiment } from './run-experiment.js';

it('leaves nothing at the signals that outlive the experiment', async () => {
  const [cancelling, closing] = [new AbortController().signal, new AbortController().signal];
  const accounts: Account[] = [];
  await runExperiment({
    order: { plan: planOf({ nodes: [4], mode: 'ccro' }) },
    account: undefined,
    createMeasurer: () => new ScriptedMeasurer(),
    cancelling,
    closing,
    save: async (account) => void accounts.push(account),
  });
  expect(accounts.at(-1)?.ended?.state).toBe('completed');
  expect(getEventListeners(closing, 'abort')).toEqual([]);
});
