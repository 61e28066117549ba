/**
 * `node submit-with-nest.js CLUSTER-FILE CLIENT REDIS-URL`: has a cluster decide one request, and
 * prints its receipt, checked. TypeScript, with Nest.
 */
import 'reflect-metadata';
import { clusterKeys, loadClusterConfig } from '@ccro/cluster-config';
import { Ccro, CcroModule, type Decided } from '@ccro/nest';
import { ReceiptVerifier, type Verdict } from '@ccro/receipt';
import type { JsonObject } from '@ccro/state-machine';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';

const [cluster = 'cluster.json', clientId = 'alice', redis = 'redis://127.0.0.1:6379'] =
  process.argv.slice(2);

@Module({ imports: [CcroModule.forRoot({ cluster, clientId, redis, timeoutMs: 20_000 })] })
class Application {}

const application = await NestFactory.createApplicationContext(Application, {
  logger: ['warn', 'error', 'fatal'],
});
try {
  const ccro = application.get(Ccro);
  const operation: JsonObject = { type: 'append', data: 'from TypeScript' };
  const decided: Decided = await ccro.submit(operation);
  const receipt: string = await ccro.receipt(decided);
  const verifier = new ReceiptVerifier(clusterKeys(loadClusterConfig(cluster)));
  const verdict: Verdict = verifier.verify(new TextEncoder().encode(receipt));
  if (!verdict.holds) throw new Error(verdict.reason);
  process.stdout.write(receipt);
} finally {
  await application.close();
}
