import { describe, expect, it } from 'vitest';
import type { ProtocolMessage, Request } from '../messages/index.js';
import { certified, decision, prePrepare, request, status } from '../replica-bench.testkit.js';
import {
  certificateBytes,
  messageBytes,
  requestsBytes,
  resultsBytes,
  viewChangeBytes,
} from './message-size.js';

const CERTIFICATE = certified('prepare', 'd');
/** Of three signers, with a signature of each. */
const CERTIFICATE_BYTES = 256 + 3 * 4 + 3 * 88;
const operation = 'x'.repeat(1000);
const batch = [request(1, { operation }), request(2, { operation })];
const asking = { kind: 'view-change', view: 1, replica: 3, digest: 'vc', signature: 's' } as const;
const NO_CHECKPOINT = { sequence: 0, digest: '', certificate: null };

describe('about how many bytes a message takes', () => {
  it('of requests and results: their texts, and something for each of them and for all', () => {
    expect(requestsBytes([])).toBe(256);
    expect(requestsBytes(batch)).toBe(256 + 2 * (1000 + 256));
    expect(resultsBytes([])).toBe(256);
    expect(resultsBytes([{ result: 'x'.repeat(10) }, { result: '' }])).toBe(256 + 266 + 256);
  });

  it('of requests in memory: two bytes a character, and each list once, however many are on it', () => {
    const list = Array.from({ length: 128 }, (_, index) => `r${index}`);
    const on = (signedWith: readonly string[]): Request => request(1, { signedWith });
    const requests = [on(list), on(list), on([...list]), request(4)];
    const bytes = messageBytes({ kind: 'requests', requests });
    expect(bytes).toBe(256 + 4 * (2 * 2 + 512) + 2 * 128 * 80);
  });

  it('of a certificate: its signers and signatures', () => {
    expect(certificateBytes(CERTIFICATE)).toBe(CERTIFICATE_BYTES);
    const { proof } = CERTIFICATE;
    const aggregated = { proof: { ...proof, signatures: ['all'] } };
    expect(certificateBytes(aggregated)).toBe(256 + 3 * 4 + 88);
  });

  it('of a view-change: its slots, and the certificates that there are', () => {
    const slot = { sequence: 1, vote: null, certificate: null };
    expect(viewChangeBytes({ stable: NO_CHECKPOINT, slots: [] })).toBe(256);
    expect(viewChangeBytes({ stable: NO_CHECKPOINT, slots: [slot] })).toBe(2 * 256);
    const stable = { ...NO_CHECKPOINT, certificate: certified('checkpoint', 'd') };
    const slots = [slot, { ...slot, certificate: certified('prepare', 'd') }];
    expect(viewChangeBytes({ stable, slots } as never)).toBe(3 * 256 + 2 * CERTIFICATE_BYTES);
  });

  const together = { kind: 'requests', requests: batch } as const;
  const begins = {
    kind: 'new-view',
    view: 1,
    viewChanges: [1, 2, 3].map((replica) => ({ replica, digest: 'vc' })),
    reproposals: [1, 2].map((sequence) => ({ sequence, digest: 'd' })),
    replica: 1,
    signature: 's',
  } as const;
  const part = {
    ...{ kind: 'chunk-part', replica: 1, sequence: 128, chunk: 'state/a', part: 0, parts: 1 },
    ...{ text: operation, signature: 's' },
  } as const;
  it.each<[string, object, number]>([
    ['a request', request(1, { operation }), 256 + 2512],
    ['requests signed together', together, 256 + 2 * 2512],
    ['a pre-prepare with bodies', prePrepare(1, batch), 256 + 2 * 2512 + 2 * 80],
    ['a pre-prepare without', prePrepare(1, batch, false), 256 + 2 * 80],
    ['a certificate', CERTIFICATE, CERTIFICATE_BYTES],
    ['a decision', decision(1, batch), 256 + 2 * 2512 + CERTIFICATE_BYTES],
    ['a view-change', { ...asking, stable: NO_CHECKPOINT, slots: [] }, 256],
    ['a new-view', begins, 256 + 5 * 88],
    ['a part of a chunk', part, 256 + 2 * 1000],
    ['what has no text of any length', status(1), 256],
  ])('is told of %s', (_, message, bytes) => {
    expect(messageBytes(message as ProtocolMessage)).toBe(bytes);
  });
});
