/**
 * `npm run example:auction`: the HTTP front of one client, configured by the environment:
 * CCRO_CONFIG, CLIENT_ID, REDIS_URL, PORT.
 */
import 'reflect-metadata';
import { createAuctionApp } from './auction-app.js';

const {
  CCRO_CONFIG = 'data/auction/cluster.json',
  CLIENT_ID = 'alice',
  REDIS_URL = 'redis://127.0.0.1:6379',
  PORT = '4000',
} = process.env;

try {
  const app = await createAuctionApp({
    cluster: CCRO_CONFIG,
    clientId: CLIENT_ID,
    redis: REDIS_URL,
  });
  app.enableShutdownHooks();
  await app.listen(Number(PORT), '127.0.0.1');
  process.stdout.write(`Auctions of ${CLIENT_ID} on ${await app.getUrl()}\n`);
} catch (error) {
  process.stderr.write(`auction: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}
