/** What `redis-cli psubscribe 'ccro:*'` shows. */

import { parseChannel } from '@ccro/broker';
import { plainConnection } from './redis.testkit.js';

/** One message as it travelled. */
export interface Seen {
  readonly channel: string;
  readonly text: string;
}

/** One message read: `to` is `broadcast`, `node:<id>` or `client:<id>`. */
export interface SeenMessage {
  readonly to: string;
  readonly message: Readonly<Record<string, unknown>> & { readonly kind: string };
}

/** Records every message on the channels from now on, until the test has finished. */
export async function watchChannels(redisUrl: string): Promise<readonly Seen[]> {
  const seen: Seen[] = [];
  const redis = plainConnection(redisUrl);
  redis.on('pmessage', (_pattern: string, channel: string, text: string) => {
    seen.push({ channel, text });
  });
  await redis.psubscribe('ccro:*');
  return seen;
}

/** @throws when a message is no JSON object with a kind */
export function readSeen({ channel, text }: Seen): SeenMessage {
  const message = JSON.parse(text) as SeenMessage['message'];
  if (typeof message.kind !== 'string') throw new Error(`no kind in ${text}`);
  return { to: nameOf(channel), message };
}

function nameOf(channel: string): string {
  const parsed = parseChannel(channel);
  switch (parsed?.kind) {
    case 'node':
      return `node:${parsed.node}`;
    case 'client':
      return `client:${parsed.client}`;
    case 'broadcast':
    case 'telemetry':
      return parsed.kind;
    case undefined:
      throw new Error(`${channel} is no channel of a cluster`);
  }
}
