import { InProcessHub } from '@ccro/broker';
import { CcroClient } from '@ccro/client';
import { systemClock } from '@ccro/clock';
import {
  clientFacts,
  clusterKeys,
  developmentCluster,
  developmentKey,
  GATEWAY_CLIENT,
  type ClusterConfig,
} from '@ccro/cluster-config';
import { createVerification, type Verifier } from '@ccro/crypto';
import { RequestSender } from '../src/queue/request-sender.js';
import { ScriptedCluster } from './scripted-cluster.js';

const CLIENT_KEY = developmentKey('client', GATEWAY_CLIENT).secretKey;

/** A scripted cluster, for gateways without HTTP. */
export interface QueueScene {
  readonly config: ClusterConfig;
  readonly cluster: ScriptedCluster;
  readonly hub: InProcessHub;
  /** What a process with the gateway's client id has; closed with the scene. */
  member(options?: MemberOptions): Promise<SceneMember>;
  close(): Promise<void>;
}

export interface MemberOptions {
  readonly maxOutstanding?: number;
  /** Default: the client's own. */
  readonly secretKey?: string;
}

export interface SceneMember {
  readonly client: CcroClient;
  readonly sender: RequestSender;
  readonly verifier: Verifier;
  /** As if the process had ended: nothing is sent or received any more. */
  end(): Promise<void>;
}

/** @param cluster a name that nothing else on the same Redis has */
export async function queueScene(cluster: string): Promise<QueueScene> {
  const config = developmentCluster({ nodes: 4, mode: 'ccro', cluster });
  const hub = new InProcessHub();
  const scripted = new ScriptedCluster(config, hub);
  await scripted.start();
  const members: SceneMember[] = [];
  return {
    config,
    cluster: scripted,
    hub,
    member: async (options = {}) => {
      const member = await createMember(config, hub, options);
      members.push(member);
      return member;
    },
    close: async () => {
      await Promise.all(members.map((member) => member.end()));
      await scripted.close();
    },
  };
}

async function createMember(
  config: ClusterConfig,
  hub: InProcessHub,
  { maxOutstanding = 2048, secretKey = CLIENT_KEY }: MemberOptions,
): Promise<SceneMember> {
  const { verifier } = createVerification(clusterKeys(config));
  const broker = hub.broker(`ccro:gateway:${GATEWAY_CLIENT}`);
  const client = new CcroClient(
    {
      ...clientFacts(config),
      client: GATEWAY_CLIENT,
      secretKey,
      maxOutstanding,
    },
    { broker, verifier, clock: systemClock },
  );
  await broker.connect();
  await client.listen();
  const sender = new RequestSender(client, config);
  const end = async (): Promise<void> => {
    client.close();
    await broker.close();
  };
  return { client, sender, verifier, end };
}
