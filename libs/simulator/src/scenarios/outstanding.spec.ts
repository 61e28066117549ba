/** What a client has outstanding: what replicas promise about it, and what nobody is blamed for. */

import { appendOperation, getOperation, putOperation } from '@ccro/state-machine';
import { describe, it } from 'vitest';
import { Scene } from './scene.contract.js';

const MODES = ['ccro', 'pbft'] as const;

describe.each(MODES)('requests that are outstanding: %s', { timeout: 60_000 }, (mode) => {
  it('A3: one that was lost on its way is executed, however large the answers to others are', async () => {
    const scene = await Scene.of({ mode, n: 4 });
    scene.cluster.submitOperation('gateway', putOperation('k', 'x'.repeat(130_900)));
    await scene.untilDecided();
    let losing = true;
    scene.loses = ({ message }) =>
      losing && message?.kind === 'request' && message.operation.includes('victim');
    scene.cluster.submitOperation('gateway', appendOperation('victim'));
    // More than what is kept of the results of one client.
    for (let read = 0; read < 70; read += 1) {
      scene.cluster.submitOperation('gateway', getOperation('k'));
    }
    await scene.until('all others decided', () => scene.outcomes.length === 71);
    losing = false;
    await scene.untilDecided(20_000);
    await scene.expectDecidedRight();
  });
});
