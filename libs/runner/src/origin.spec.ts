import type { ProtocolMessage } from '@ccro/consensus';
import { describe, expect, it } from 'vitest';
import { originOf } from './origin.js';

describe('an origin', () => {
  const origin = (message: object, via: 'broadcast' | 'direct' = 'direct') =>
    originOf(message as ProtocolMessage, via);

  it('is the claimed signer, the kind of message and the channel', () => {
    expect(origin({ kind: 'request', client: 'c' })).toEqual({
      ...{ name: 'client c', route: 'requests direct' },
    });
    expect(origin({ kind: 'requests', requests: [{ client: 'c' }] }, 'broadcast')).toEqual({
      ...{ name: 'client c', route: 'requests broadcast' },
    });
    for (const kind of ['status', 'fetch', 'fetch-chunk', 'suspicion']) {
      expect(origin({ kind, replica: 2 })).toEqual({ name: 'member 2', route: 'help direct' });
    }
  });

  it('is undefined for what orders requests', () => {
    const kinds = ['vote', 'pre-prepare', 'certificate', 'decision', 'view-change', 'new-view'];
    for (const kind of kinds) expect(origin({ kind, replica: 2 })).toBeUndefined();
  });
});
