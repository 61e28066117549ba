import {
  CATALOGUE,
  type FieldShapes,
  MAX_MESSAGE_BYTES,
  MAX_OPERATION_CHARACTERS,
  MAX_REQUEST_BYTES,
  MAX_REQUESTS,
  MAX_SMALL_MESSAGE_BYTES,
} from '@ccro/consensus';
import { MessageSigner, RequestSigner, keyPairFromSeed, requestDigest } from '@ccro/crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { WireMessage } from './codec.js';
import { anyMessage, CLUSTER, messages } from './arbitrary-messages.testkit.js';
import { describeCodecContract } from './codec.contract.js';
import { peekKind } from './codecs.js';
import { decode, encode, json } from './json-codec.js';

const bytesOf = (value: unknown): Buffer => Buffer.from(JSON.stringify(value), 'utf8');

/** An object as parsed from an honest message, to be spoilt. */
function travelled(message: WireMessage): Record<string, unknown> {
  return JSON.parse(Buffer.from(encode(message)).toString('utf8')) as Record<string, unknown>;
}

/** Whether an odd number of quotes that are not escaped stands before `index`. */
function isInText(text: string, index: number): boolean {
  const quotes = text.slice(0, index).replaceAll(/\\./gs, '').split('"').length - 1;
  return quotes % 2 === 1;
}

/** Decodes and says what came of it; a message that came out must survive another round. */
function outcome(payload: Uint8Array): string {
  const decoded = decode(payload, CLUSTER);
  if (decoded.message === undefined) return decoded.rejected;
  const again = decode(encode(decoded.message), CLUSTER);
  const [first, second] = [decoded, again].map(({ message }) => message && encode(message));
  expect(Buffer.compare(first ?? Buffer.of(1), second ?? Buffer.of(2))).toBe(0);
  expect(decoded.message.kind).toBe(peekKind(payload));
  return 'message';
}

describeCodecContract(json);

describe('the JSON codec', () => {
  it.each(Object.keys(messages))('A12: takes minus zero for no number in any %s', (name) => {
    fc.assert(
      fc.property(messages[name as WireMessage['kind']] as fc.Arbitrary<WireMessage>, (message) => {
        const text = Buffer.from(encode(message)).toString();
        // Outside of texts, where a number is: after a colon or in a list.
        const numbers = [...text.matchAll(/(?<=":|[[,])\d+(?=[,}\]])/g)].filter(
          ({ index }) => !isInText(text, index),
        );
        for (const { index, 0: number } of numbers) {
          const spoilt = `${text.slice(0, index)}-0${text.slice(index + number.length)}`;
          expect(decode(Buffer.from(spoilt), CLUSTER)).toEqual({ rejected: 'malformed' });
        }
      }),
    );
  });

  it('A12, sibling: other spellings of a number, a text or a field are one message', () => {
    const request = `{"kind":"request","client":"c","timestamp":1000,"operation":"aé","signature":"${'A'.repeat(86)}"}`;
    const { message } = decode(Buffer.from(request), CLUSTER);
    expect(message?.kind).toBe('request');
    for (const [from, to] of [
      ['1000', '1e3'],
      ['1000', '1000.0'],
      ['1000', '10.00e2'],
      ['aé', '\\u0061\\u00e9'],
      ['"client"', '"cl\\u0069ent"'],
      ['"timestamp"', '"timestamp":7,"timestamp"'],
    ] as const) {
      const spelt = decode(Buffer.from(request.replace(from, to)), CLUSTER).message;
      expect(spelt).toEqual(message);
      expect(spelt && encode(spelt)).toEqual(Buffer.from(request));
    }
    for (const [from, to] of [
      ['1000', '1e-3'],
      ['1000', '1e400'],
      ['1000', '9007199254740993'],
      ['1000', '"1000"'],
      ['"signature"', '"__proto__":{},"signature"'],
      ['"signature"', '"constructor":1,"signature"'],
      ['AA"}', 'AB"}'],
      ['AA"}', 'AA=="}'],
    ] as const) {
      expect(outcome(Buffer.from(request.replace(from, to)))).toBe('malformed');
    }
  });

  it('is readable, kind first', () => {
    const { secretKey } = keyPairFromSeed(Buffer.alloc(32, 1));
    const vote = new MessageSigner({ cluster: CLUSTER, replica: 2, secretKey }).sign({
      kind: 'vote',
      phase: 'prepare',
      view: 0,
      sequence: 12,
      digest: 'ab'.repeat(32),
      replica: 2,
      attempt: 0,
    });
    expect(Buffer.from(json.encode(vote)).toString()).toBe(
      `{"kind":"vote","phase":"prepare","view":0,"sequence":12,"digest":"${vote.digest}",` +
        `"replica":2,"attempt":0,"signature":"${vote.signature}"}`,
    );
  });

  it('sends requests without digest and derives it from the cluster', () => {
    const { secretKey } = keyPairFromSeed(Buffer.alloc(32, 1));
    const client = new RequestSigner({ cluster: CLUSTER, secretKey });
    const request = client.sign({ client: 'gateway', timestamp: 1, operation: '{}' });
    expect(Object.keys(travelled(request))).toEqual([
      'kind',
      'client',
      'timestamp',
      'operation',
      'signature',
    ]);
    const elsewhere = decode(encode(request), 'elsewhere').message;
    expect(elsewhere).toEqual({
      ...request,
      digest: requestDigest('elsewhere', 'gateway', 1, '{}'),
    });
  });
});

describe('decoding what a peer made up', () => {
  const sample = (): Record<string, unknown> => travelled(fc.sample(messages.vote, 1)[0] as never);

  it('refuses any change of shape', () => {
    fc.assert(
      fc.property(anyMessage, fc.nat(), fc.anything(), (message, at, value) => {
        const fields = travelled(message);
        const names = Object.keys(fields).slice(1);
        const field = names[at % names.length] ?? '';
        const { [field]: _removed, ...rest } = fields;
        const declared: FieldShapes = CATALOGUE[message.kind].fields;
        const optional = declared[field]?.type === 'optional';
        if (!optional) expect(outcome(bytesOf(rest))).toBe('malformed');
        expect(outcome(bytesOf({ ...fields, extra: 1 }))).toBe('malformed');
        let replaced: Buffer;
        try {
          replaced = bytesOf({ ...fields, [field]: value });
        } catch {
          return; // fast-check made a value that JSON cannot express
        }
        // What fast-check makes up may be longer than a small message is.
        const refusals =
          replaced.length > MAX_SMALL_MESSAGE_BYTES ? ['malformed', 'oversized'] : ['malformed'];
        expect([...refusals, 'message']).toContain(outcome(replaced));
      }),
      { numRuns: 500 },
    );
  });

  it.each([[-1], [0.5], [2 ** 53], [1e300], ['1'], [null], [true], [[]], [{}]])(
    'refuses the number %j',
    (value) => {
      for (const field of ['view', 'sequence', 'replica', 'attempt']) {
        expect(outcome(bytesOf({ ...sample(), [field]: value }))).toBe('malformed');
      }
    },
  );

  it('refuses numbers that JSON spells larger than any', () => {
    const spelt = JSON.stringify({ ...sample(), sequence: 0 });
    for (const number of ['1e999', '-1e999', '9'.repeat(500), '-0.1', '1e-400000000']) {
      const payload = Buffer.from(spelt.replace('"sequence":0', `"sequence":${number}`));
      expect(['malformed', 'message']).toContain(outcome(payload));
    }
  });

  it('refuses digests, signatures and names that are spelt otherwise', () => {
    const digest = 'ab'.repeat(32);
    for (const wrong of ['', digest.toUpperCase(), `${digest}\n`, digest.slice(1), `${digest}a`]) {
      expect(outcome(bytesOf({ ...sample(), digest: wrong }))).toBe('malformed');
    }
    const long = 'A'.repeat(86);
    for (const wrong of [
      '',
      long.slice(1),
      `${long}A`,
      `${'A'.repeat(85)}B`,
      `${'A'.repeat(84)}==`,
    ]) {
      expect(outcome(bytesOf({ ...sample(), signature: wrong }))).toBe('malformed');
    }
    const query = travelled(fc.sample(messages.query, 1)[0] as never);
    for (const wrong of ['', 'a b', 'é', 'a'.repeat(65), 'a\n']) {
      expect(outcome(bytesOf({ ...query, client: wrong }))).toBe('malformed');
      expect(outcome(bytesOf({ ...query, id: wrong }))).toBe('malformed');
    }
  });

  it('refuses text that UTF-8 cannot express', () => {
    const request = travelled(fc.sample(messages.request, 1)[0] as never);
    const spelt = JSON.stringify({ ...request, operation: 'HERE' });
    expect(outcome(Buffer.from(spelt.replace('HERE', '\\ud83d\\ude00')))).toBe('message');
    for (const lone of ['\\ud800', '\\udc00\\ud800', 'a\\uDFFF']) {
      expect(outcome(Buffer.from(spelt.replace('HERE', lone)))).toBe('malformed');
    }
    const [before = '', after = ''] = spelt.split('HERE');
    for (const bytes of [[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf0, 0x9f]]) {
      const payload = Buffer.concat([Buffer.from(before), Buffer.from(bytes), Buffer.from(after)]);
      expect(outcome(payload)).toBe('malformed');
    }
  });

  it('refuses keys that would reach a prototype, and changes none', () => {
    for (const key of ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty']) {
      const spelt = JSON.stringify({ ...sample(), HERE: { polluted: true, digest: 'x' } });
      expect(outcome(Buffer.from(spelt.replace('HERE', key)))).toBe('malformed');
      expect(outcome(Buffer.from(`{"kind":"${key}"}`))).toBe('unknown-kind');
    }
    const { digest: _digest, ...rest } = sample();
    const inherited = JSON.stringify({ ...rest, HERE: { digest: 'ab'.repeat(32) } });
    expect(outcome(Buffer.from(inherited.replace('HERE', '__proto__')))).toBe('malformed');
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  it('refuses a second kind that says something else', () => {
    const spelt = JSON.stringify(sample());
    const twice = `${spelt.slice(0, -1)},"kind":"fetch"}`;
    expect(outcome(Buffer.from(twice))).toBe('malformed');
    const fetch = JSON.stringify(travelled(fc.sample(messages.fetch, 1)[0] as never));
    expect(outcome(Buffer.from(`{"kind":"vote",${fetch.slice(1)}`))).toBe('malformed');
  });

  it('tells unknown kinds from what is no message', () => {
    expect(outcome(Buffer.from('{"kind":"gossip"}'))).toBe('unknown-kind');
    const others = ['', '{}', 'null', '[]', '{"kind":7}', '{"kind":"vote', '{ "kind":"vote"}'];
    for (const text of [...others, `{"kind":"${'a'.repeat(17)}"}`, '\ufeff{"kind":"vote"}']) {
      expect(outcome(Buffer.from(text))).toBe('malformed');
    }
  });

  it('looks at nothing beyond the size limit of its kind', () => {
    const limits = {
      decision: MAX_MESSAGE_BYTES,
      'chunk-part': MAX_MESSAGE_BYTES,
      request: MAX_REQUEST_BYTES,
      vote: 1024,
      'fetch-chunk': 1024,
    };
    for (const [name, limit] of Object.entries(limits)) {
      const [message] = fc.sample<WireMessage>(messages[name as keyof typeof limits], 1);
      const padded = Buffer.alloc(limit + 1, ' ');
      if (message !== undefined) padded.set(encode(message));
      expect(outcome(padded)).toBe('oversized');
      expect(outcome(padded.subarray(0, limit))).toBe('message');
    }
  });

  it('keeps room under every limit for the largest honest message', () => {
    const largest = Number.MAX_SAFE_INTEGER;
    const numbers = { view: largest, sequence: largest, replica: 1023, attempt: 2 ** 32 - 1 };
    expect(outcome(bytesOf({ ...sample(), phase: 'prepare', ...numbers }))).toBe('message');
    const certificate = travelled(fc.sample(messages.certificate, 1)[0] as never);
    const signers = Array.from({ length: 1024 }, (_, id) => id);
    const signatures = signers.map(() => 'A'.repeat(86));
    const proof = { scheme: 'ed25519', signers, signatures };
    expect(outcome(bytesOf({ ...certificate, view: largest, proof }))).toBe('message');
    const request = travelled(fc.sample(messages.request, 1)[0] as never);
    const operation = '\u0001'.repeat(MAX_OPERATION_CHARACTERS);
    expect(outcome(bytesOf({ ...request, client: 'a'.repeat(64), operation }))).toBe('message');
  });

  it('counts no brackets inside texts', () => {
    const request = travelled(fc.sample(messages.request, 1)[0] as never);
    for (const piece of ['[', '{"', '\\"[', '"[{']) {
      const operation = piece.repeat(20_000);
      expect(outcome(bytesOf({ ...request, operation }))).toBe('message');
    }
  });

  it('limits operations and lists', () => {
    const request = travelled(fc.sample(messages.request, 1)[0] as never);
    const long = 'é'.repeat(MAX_OPERATION_CHARACTERS);
    expect(outcome(bytesOf({ ...request, operation: long }))).toBe('message');
    expect(outcome(bytesOf({ ...request, operation: `${long}x` }))).toBe('malformed');
    const prePrepare = travelled(fc.sample(messages['pre-prepare'], 1)[0] as never);
    const digests = new Array<string>(MAX_REQUESTS).fill('ab'.repeat(32));
    expect(outcome(bytesOf({ ...prePrepare, requests: digests }))).toBe('message');
    const more = [...digests, 'ab'.repeat(32)];
    expect(outcome(bytesOf({ ...prePrepare, requests: more }))).toBe('malformed');
  });

  it('neither overflows the stack nor stalls on deep nesting', () => {
    const depth = Math.floor(MAX_MESSAGE_BYTES / 2) - 100;
    const head = '{"kind":"decision","view":';
    for (const nested of [
      '['.repeat(depth) + ']'.repeat(depth),
      '['.repeat(2 * depth),
      '{"a":'.repeat(depth / 4) + '1' + '}'.repeat(depth / 4),
    ]) {
      expect(outcome(Buffer.from(`${head}${nested}}`))).toBe('malformed');
    }
  });

  it('never throws on random bytes, with or without a good beginning', () => {
    const beginnings = fc.constantFrom(
      '',
      ...Object.keys(messages).map((name) => `{"kind":"${name}"`),
    );
    fc.assert(
      fc.property(beginnings, fc.uint8Array({ maxLength: 300 }), (beginning, bytes) => {
        const payload = Buffer.concat([Buffer.from(beginning), bytes]);
        expect(['malformed', 'unknown-kind', 'other-codec']).toContain(outcome(payload));
      }),
      { numRuns: 2000 },
    );
  });
});
