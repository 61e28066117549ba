/** What is left of a slot once a replica has caught up with it. */

import { describe, expect, it } from 'vitest';
import { Scene } from './scene.testkit.js';

const SHORT = { checkpointInterval: 4, windowSlots: 8, maxBatchRequests: 1 } as const;

describe('catching up below the window', () => {
  it('A9: ends in silence: no votes on slots that have executed', async () => {
    const scene = new Scene({ mode: 'ccro', n: 4, tuning: SHORT });
    // Replica 1 votes in slots 3 and 4, but hears of nothing that decides them until the
    // checkpoint at 4 is stable there.
    let blind = true;
    scene.loses = ({ message, to }) => {
      if (to !== 1 || !blind) return false;
      if (message?.kind === 'certificate') {
        return message.phase !== 'checkpoint' && message.sequence >= 3;
      }
      return message?.kind === 'vote' || message?.kind === 'decision';
    };
    await scene.cluster.start();
    await scene.decide(['a', 'b', 'c', 'd'], 5_000);
    await scene.until('stable', () => scene.node(1).status().stableCheckpoint === 4, 20_000);
    blind = false;
    await scene.untilLevel(4, 20_000);
    await scene.pass(5_000);
    const before = scene.honestVotes.length;
    await scene.pass(60_000);
    expect(scene.honestVotes).toHaveLength(before);
    await scene.expectDecidedRight();
  });
});

describe.each([true, false])(
  'a pre-prepare that reaches the collector late (fast path: %s)',
  (fastPath) => {
    it('A10: costs its lateness, and nobody falls back', async () => {
      const scene = new Scene({ mode: 'ccro', n: 7, tuning: { fastPath } });
      let late: Uint8Array | undefined;
      let losing = true;
      scene.loses = ({ message, from, to }) => {
        const proposed = message?.kind === 'pre-prepare' && message.sequence === 2;
        if (losing && to === scene.collector && proposed) return true;
        return message?.kind === 'vote' && message.sequence === 2 && from === 6;
      };
      scene.hears = ({ message, payload }) => {
        if (message.kind !== 'pre-prepare' || message.sequence !== 2 || late !== undefined) return;
        late = payload;
        scene.cluster.time.schedule(30, () => {
          losing = false;
          scene.publish(0, scene.collector, payload);
        });
      };
      await scene.cluster.start();
      await scene.decide(['a'], 1_000);
      const before = scene.cluster.time.now();
      await scene.decide(['b'], 1_000);
      expect(scene.cluster.time.now() - before).toBeLessThan(60);
      expect(scene.timeouts(2).replicas).toBe(0);
      await scene.expectDecidedRight();
    });
  },
);
