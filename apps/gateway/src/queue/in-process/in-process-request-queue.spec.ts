import { GATEWAY_CLIENT } from '@ccro/cluster-config';
import { queueScene } from '../../../test/queue-scene.js';
import { describeRequestQueueContract } from '../request-queue.contract.js';
import { PendingLimit } from '../pending-limit.js';
import { InProcessRequestQueue } from './in-process-request-queue.js';

describeRequestQueueContract('InProcessRequestQueue', async (options) => {
  const scene = await queueScene('queue-spec');
  const { client, courier } = await scene.member({ maxOutstanding: options.maxPending });
  const queue = new InProcessRequestQueue(
    { ...options, clientId: GATEWAY_CLIENT },
    client,
    courier,
    new PendingLimit({ targetWaitMs: 500, ceiling: options.maxPending }),
  );
  await queue.open();
  return {
    queue,
    cluster: scene.cluster,
    close: async () => {
      await queue.close();
      await scene.close();
    },
  };
});
