/** The other process of the Redis yardstick: publishes back what it receives. */

import { Redis } from 'ioredis';

const [url = '', there = '', back = ''] = process.argv.slice(2);
const listening = new Redis(url);
const speaking = new Redis(url);
listening.on('messageBuffer', (_channel: Buffer, payload: Buffer) => {
  void speaking.publish(back, payload);
});
await listening.subscribe(there);
await speaking.ping();
process.send?.('ready');
// Its parent ended, in whatever way.
process.once('disconnect', () => process.exit());
