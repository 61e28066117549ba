import { clusterKeys, developmentCluster, developmentKey } from '@ccro/cluster-config';
import type { ProtocolMessage } from '@ccro/consensus';
import { createVerification, isRejected } from '@ccro/crypto';
import { json } from '@ccro/wire';
import { describe, expect, it } from 'vitest';
import { ABUSES, signing } from './abuses.js';

const config = developmentCluster({ nodes: 4, mode: 'ccro', signature: 'ed25519' });
const means = signing({
  cluster: config.cluster,
  n: 4,
  member: 3,
  memberKey: developmentKey('node', 3).secretKey,
  client: 'gateway',
  clientKey: developmentKey('client', 'gateway').secretKey,
  decided: 100,
  sessions: new Map([0, 1, 2].map((id) => [id, { session: `session-${id}`, counter: 7 }])),
});
const { verifier } = createVerification(clusterKeys(config));
/** Signed by their sender, and about certificates or view-changes that do not exist. */
const FALSE_INSIDE = new Set(['view-changes with false certificates']);

describe('abuses', () => {
  it.each(ABUSES)('$by: $name: no two messages are alike', ({ message }) => {
    const payloads = Array.from({ length: 20 }, (_, index) => message(means, index));
    const texts = payloads.map((payload) => Buffer.from(payload).toString('latin1'));
    expect(new Set(texts).size).toBeGreaterThan(1);
  });

  it.each(ABUSES.filter(({ by }) => by !== 'outsider'))(
    '$by: $name: get as far as their sender can bring them',
    ({ name, message }) => {
      const payload = message(means, 1);
      const { message: read } = json.decode(payload, config.cluster);
      if (read === undefined) throw new Error(`${name} cannot be read`);
      if (read.kind === 'query') {
        expect(verifier.refuseQuery(read)).toBeUndefined();
        expect(read).toMatchObject({ session: `session-${read.replica}`, counter: 9 });
        return;
      }
      const verified = verifier.verify(read as ProtocolMessage);
      expect(isRejected(verified)).toBe(FALSE_INSIDE.has(name));
    },
  );
});
