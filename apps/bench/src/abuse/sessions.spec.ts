import { channelNames, InProcessHub } from '@ccro/broker';
import { developmentKey } from '@ccro/cluster-config';
import { MessageSigner } from '@ccro/crypto';
import { json } from '@ccro/wire';
import { expect, it } from 'vitest';
import { signing } from './abuses.js';
import { sessionsOf } from './sessions.js';

const CLUSTER = 'sessions';

it('every node is asked which session a client has to name', async () => {
  const hub = new InProcessHub();
  const channels = channelNames(CLUSTER);
  for (const replica of [0, 1]) {
    const { secretKey } = developmentKey('node', replica);
    const signer = new MessageSigner({ cluster: CLUSTER, replica, secretKey });
    const broker = hub.broker(`node-${replica}`);
    await broker.connect();
    broker.onMessage((_channel, payload) => {
      const { message } = json.decode(payload, CLUSTER);
      if (message?.kind !== 'query') return;
      const retry = { session: `run-${replica}`, counter: replica };
      const said = { kind: 'answer', id: message.id, replica, answer: JSON.stringify({ retry }) };
      const answer = signer.signAnswer(said as typeof said & { kind: 'answer' });
      void broker.publish(channels.client(message.client), json.encode(answer));
    });
    await broker.subscribe([channels.node(replica)]);
  }
  const means = signing({
    cluster: CLUSTER,
    n: 3,
    member: 2,
    memberKey: developmentKey('node', 2).secretKey,
    client: 'gateway',
    clientKey: developmentKey('client', 'gateway').secretKey,
    decided: 1,
    sessions: new Map(),
  });
  const asker = hub.broker('asker');
  await asker.connect();
  const sessions = await sessionsOf(asker, means, [0, 1], new AbortController().signal);
  expect([...sessions.values()]).toEqual([
    { session: 'run-0', counter: 0 },
    { session: 'run-1', counter: 1 },
  ]);
});
