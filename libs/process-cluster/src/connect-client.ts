/** A client of the library, in this process, for a cluster of separate ones. */

import { RedisBroker, type Traffic } from '@ccro/broker';
import { CcroClient } from '@ccro/client';
import { systemClock } from '@ccro/clock';
import { clientFacts, clusterKeys, loadPrivateKey } from '@ccro/cluster-config';
import { createVerification } from '@ccro/crypto';
import { AUDITOR_CLIENT, type ProcessCluster } from './process-cluster.js';

export interface ConnectedClient {
  readonly client: CcroClient;
  /** What the client published so far. */
  readonly traffic: () => Traffic;
  /** Gives up on what is outstanding and disconnects. May be called again. */
  readonly close: () => Promise<void>;
}

/** @param name of its connection in Redis' CLIENT LIST. @throws BrokerError */
export async function connectClient(
  { config, configPath, redis }: ProcessCluster,
  name: string,
): Promise<ConnectedClient> {
  const owner = { role: 'client', id: AUDITOR_CLIENT } as const;
  const broker = new RedisBroker({ url: redis.url, name });
  const client = new CcroClient(
    {
      ...clientFacts(config),
      client: AUDITOR_CLIENT,
      secretKey: loadPrivateKey({ config, configPath, owner }).secretKey,
    },
    {
      broker,
      verifier: createVerification(clusterKeys(config)).verifier,
      clock: systemClock,
    },
  );
  const close = async (): Promise<void> => {
    client.close();
    await broker.close();
  };
  try {
    await broker.connect();
    await client.listen();
  } catch (error) {
    await close();
    throw error;
  }
  return { client, traffic: () => broker.traffic(), close };
}
