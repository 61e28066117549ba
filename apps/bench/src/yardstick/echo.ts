/** The other process of the Redis yardstick: publishes back what it receives. */

import { Redis } from 'ioredis';
import { ECHO_CHANNELS } from './echo-channels.js';

const [url = ''] = process.argv.slice(2);
const listening = new Redis(url);
const speaking = new Redis(url);
listening.on('messageBuffer', (_channel: Buffer, payload: Buffer) => {
  void speaking.publish(ECHO_CHANNELS.back, payload);
});
await listening.subscribe(ECHO_CHANNELS.there);
await speaking.ping();
process.send?.('ready');
// Its parent ended, in whatever way.
process.once('disconnect', () => process.exit());
