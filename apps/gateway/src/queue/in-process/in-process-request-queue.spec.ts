import { GATEWAY_CLIENT } from '@ccro/cluster-config';
import { afterEach, describe, expect, it } from 'vitest';
import { queueScene, type QueueScene } from '../../../test/queue-scene.js';
import { PendingLimit } from '../pending-limit.js';
import { allFinished, appending, describeRequestQueueContract } from '../request-queue.contract.js';
import { InProcessRequestQueue } from './in-process-request-queue.js';

const OPTIONS = { maxPending: 100, maxFinished: 100, keyRetentionMs: 0 };

async function openQueue(scene: QueueScene, options = OPTIONS): Promise<InProcessRequestQueue> {
  const { client, sender } = await scene.member({ maxOutstanding: options.maxPending });
  const queue = new InProcessRequestQueue(
    { ...options, clientId: GATEWAY_CLIENT },
    client,
    sender,
    new PendingLimit({
      targetWaitMs: 500,
      ceiling: options.maxPending,
      most: options.maxPending,
      losses: () => 0,
    }),
  );
  await queue.open();
  return queue;
}

describeRequestQueueContract('InProcessRequestQueue', async (options) => {
  const scene = await queueScene('queue-spec');
  const queue = await openQueue(scene, options);
  return {
    queue,
    cluster: scene.cluster,
    close: async () => {
      await queue.close();
      await scene.close();
    },
  };
});

describe('InProcessRequestQueue: timestamps', () => {
  const scenes: QueueScene[] = [];
  const tomorrow = (Date.now() + 86_400_000) * 1000;

  async function newScene(): Promise<QueueScene> {
    const scene = await queueScene('queue-spec');
    scenes.push(scene);
    scene.cluster.newest.set(GATEWAY_CLIENT, tomorrow);
    return scene;
  }

  afterEach(async () => {
    await Promise.all(scenes.splice(0).map((scene) => scene.close()));
  });

  it('E2: lie above what the nodes executed when the clock was ahead', async () => {
    const scene = await newScene();
    const queue = await openQueue(scene);
    const calls = ['a', 'b'].map((data) => queue.accept(appending([data])));
    const answers = await allFinished((await Promise.all(calls)).flat());
    const timestamps = answers.map(({ id }) => Number(id.split('-').at(-1)));
    expect(Math.min(...timestamps)).toBeGreaterThan(tomorrow);
    expect(new Set(timestamps).size).toBe(2);
    await queue.close();
  });

  it('E2: are not given out before a quorum of the nodes answers', async () => {
    const scene = await newScene();
    const [first, second] = scene.cluster.scripts;
    if (first === undefined || second === undefined) throw new Error('four nodes');
    first.offline = second.offline = true;
    const queue = await openQueue(scene);
    const accepted = queue.accept(appending(['a']));
    // Two of four have said enough for f + 1, and not enough to tell that it is all.
    await scene.cluster.asked('newest-timestamp', 2);
    expect(scene.cluster.heard).toEqual([]);
    first.offline = second.offline = false;
    const [answer] = await allFinished(await accepted);
    expect(Number(answer?.id.split('-').at(-1))).toBeGreaterThan(tomorrow);
    await queue.close();
  });
});
