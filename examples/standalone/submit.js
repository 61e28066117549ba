/**
 * `node submit.js CLUSTER-FILE CLIENT REDIS-URL`: has a cluster decide one request, and prints its
 * receipt, checked. Plain JavaScript that uses the client library itself.
 */
import { RedisBroker } from '@ccro/broker';
import { CcroClient } from '@ccro/client';
import { systemClock } from '@ccro/clock';
import { clientFacts, clusterKeys, loadClusterConfig, loadPrivateKey } from '@ccro/cluster-config';
import { createVerification, resultProof } from '@ccro/crypto';
import { ReceiptMaker, ReceiptVerifier } from '@ccro/receipt';
import { encodeOperation } from '@ccro/state-machine';
import { verifiedDecision } from '@ccro/wire';

const NODE_TIMEOUT_MS = 2000;
const [configPath = 'cluster.json', id = 'alice', url = 'redis://127.0.0.1:6379'] =
  process.argv.slice(2);

const config = loadClusterConfig(configPath);
const keys = clusterKeys(config);
const verification = createVerification(keys);
const { verifier } = verification;
const { secretKey } = loadPrivateKey({ config, configPath, owner: { role: 'client', id } });
const broker = new RedisBroker({ url, name: `ccro:client:${id}` });
const client = new CcroClient(
  { ...clientFacts(config), client: id, secretKey },
  { broker, verifier, clock: systemClock },
);

await broker.connect();
try {
  await client.listen();
  await client.timestampsKnown();
  const operation = encodeOperation({ type: 'append', data: 'from JavaScript' });
  process.stdout.write(await receiptOf(await client.submit(operation).decided));
} finally {
  client.close();
  await broker.close();
}

/** The first that can be made of what a node shows. */
async function receiptOf({ request, timestamp, sequence, proof }) {
  const maker = new ReceiptMaker(config.cluster, verifier, new ReceiptVerifier(keys, verification));
  const proofs = proof.map((reply) =>
    resultProof(
      reply,
      reply.results.findIndex((result) => result.timestamp === timestamp),
    ),
  );
  for (const { id: node } of config.members) {
    const query = { type: 'decision', sequence };
    const answer = await client.query(node, query, NODE_TIMEOUT_MS);
    const decision = verifiedDecision(answer?.decisions?.[0], config.cluster, verifier);
    if (decision === undefined) continue;
    const signed = maker.requestIn(decision, ({ digest }) => digest === request);
    const made = signed === undefined ? {} : maker.make(decision, signed, proofs);
    if ('text' in made) return made.text;
  }
  throw new Error(`no node shows the decision at ${sequence}`);
}
