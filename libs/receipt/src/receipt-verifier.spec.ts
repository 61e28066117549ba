import { clusterKeys } from '@ccro/cluster-config';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatReceipt, type Receipt } from './receipt.js';
import { configOf, nameOf, SCENES, sceneOf, type Scene } from './receipts.testkit.js';
import type { RefusalCode } from './refusal.js';
import { ReceiptVerifier, type Verdict } from './receipt-verifier.js';

/** A receipt that may be changed. */
type Draft = { -readonly [K in keyof Receipt]: Receipt[K] };

const [SINGLE, LISTED] = [false, true].map((together) =>
  sceneOf({ mode: 'ccro', scheme: 'ed25519', phase: 'commit', together }),
) as [Scene, Scene];

/** What is said of a scene's receipt after a change that keeps it well spelt. */
function after(
  { receipt, verifier }: Scene,
  change: (draft: Draft) => void,
): RefusalCode | 'holds' {
  const draft = structuredClone(receipt);
  change(draft);
  return codeOf(verifier.verify(Buffer.from(formatReceipt(draft))));
}

function codeOf(verdict: Verdict): RefusalCode | 'holds' {
  return verdict.holds ? 'holds' : verdict.code;
}

const textOf = (scene: Scene, change: (text: string) => string): RefusalCode | 'holds' =>
  codeOf(scene.verifier.verify(Buffer.from(change(scene.text))));

/** Another digest, signature or name: still well-formed. */
const other = (text: string): string => (text.startsWith('0') ? '1' : '0') + text.slice(1);

describe.each(SCENES.map((options) => [nameOf(options), options] as const))('%s', (_, options) => {
  const scene = sceneOf(options);

  it('holds, and says what is proven', () => {
    const verdict = scene.verifier.verify(Buffer.from(scene.text));
    expect(verdict).toMatchObject({
      holds: true,
      receipt: { batch: { index: 2, leaves: 5 }, certificate: { sequence: 7, view: 1 } },
      deciders: options.phase === 'prepare' ? [0, 1, 2, 3] : [0, 1, 2],
      decidersNeeded: options.phase === 'prepare' ? 4 : 3,
      witnesses: [1, 2],
      witnessesNeeded: 2,
    });
    expect(scene.receipt.request.signedWith?.length).toBe(options.together ? 5 : undefined);
  });

  it('holds no longer when a byte is another one', () => {
    const bytes = Buffer.from(scene.text);
    const change = fc.tuple(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }));
    fc.assert(
      fc.property(change, ([at, flipped]) => {
        const changed = Buffer.from(bytes);
        changed[at] = (changed[at] ?? 0) ^ flipped;
        expect(scene.verifier.verify(changed).holds).toBe(false);
      }),
      { numRuns: 150 },
    );
  });

  it('holds no longer when a byte is missing, doubled or added', () => {
    const bytes = Buffer.from(scene.text);
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.nat(255), (at, byte) => {
        const [head, tail] = [bytes.subarray(0, at), bytes.subarray(at)];
        const variants = [
          [head, tail.subarray(1)],
          [head, tail.subarray(0, 1), tail],
          [head, Buffer.from([byte]), tail],
        ].map((parts) => Buffer.concat(parts));
        for (const variant of variants) {
          if (!variant.equals(bytes)) expect(scene.verifier.verify(variant).holds).toBe(false);
        }
      }),
      { numRuns: 50 },
    );
  });
});

describe('every byte', () => {
  it.each([SINGLE, LISTED])('is bound by something that is checked', ({ text, verifier }) => {
    const bytes = Buffer.from(text);
    // With the bit that makes of most letters and digits another one.
    const unbound = [...bytes.keys()].filter((position) => {
      const changed = Buffer.from(bytes);
      changed[position] = (changed[position] ?? 0) ^ 1;
      return verifier.verify(changed).holds;
    });
    expect(unbound).toEqual([]);
  });
});

describe('every field', () => {
  const cases: [string, (draft: Draft) => void, RefusalCode][] = [
    ['cluster', (r) => (r.cluster = 'another'), 'wrong-cluster'],
    ['an unknown client', (r) => (r.request.client = 'nobody'), 'unknown-client'],
    ['another client', (r) => (r.request.client = 'other'), 'bad-request-signature'],
    ['timestamp', (r) => (r.request.timestamp += 1), 'bad-request-signature'],
    ['operation', (r) => (r.request.operation += ' '), 'bad-request-signature'],
    [
      "the request's signature",
      (r) => (r.request.signature = other(r.request.signature)),
      'bad-request-signature',
    ],
    ['index', (r) => (r.batch.index = 3), 'not-in-batch'],
    ['leaves', (r) => (r.batch.leaves = 6), 'not-in-batch'],
    ['a sibling', (r) => (r.batch.siblings[1] = other(r.batch.siblings[1] ?? '')), 'not-in-batch'],
    ['one sibling less', (r) => r.batch.siblings.pop(), 'not-in-batch'],
    ['digest', (r) => (r.certificate.digest = other(r.certificate.digest)), 'not-in-batch'],
    ['view', (r) => (r.certificate.view += 1), 'bad-certificate-signature'],
    ['sequence', (r) => (r.certificate.sequence += 1), 'bad-certificate-signature'],
    ['scheme', (r) => (r.certificate.scheme = 'bls'), 'wrong-scheme'],
    ['signers', (r) => (r.certificate.signers = [0, 1, 3]), 'bad-certificate-signature'],
    ['a strange signer', (r) => (r.certificate.signers = [0, 1, 4]), 'unknown-member'],
    ['a signer twice', (r) => (r.certificate.signers = [0, 1, 1]), 'duplicate-signer'],
    ['signers in disorder', (r) => (r.certificate.signers = [1, 0, 2]), 'duplicate-signer'],
    ['a signer less', (r) => r.certificate.signers.pop(), 'certificate-below-quorum'],
    ['a signature less', (r) => r.certificate.signatures.pop(), 'bad-certificate-signature'],
    [
      "a voter's signature",
      (r) => (r.certificate.signatures[2] = other(r.certificate.signatures[2] ?? '')),
      'bad-certificate-signature',
    ],
    ['phase', (r) => (r.certificate.phase = 'prepare'), 'bad-certificate-signature'],
    ['result', (r) => (r.result = r.result.replace('3', '4')), 'bad-reply-signature'],
    ['a stranger replies', (r) => (at(r.replies, 1).replica = 4), 'unknown-member'],
    ['another node replies', (r) => (at(r.replies, 1).replica = 3), 'bad-reply-signature'],
    ["the reply's view", (r) => (at(r.replies, 1).view += 1), 'bad-reply-signature'],
    ['correct', (r) => (at(r.replies, 0).tally.correct += 1), 'bad-reply-signature'],
    ['corrupt', (r) => (at(r.replies, 0).tally.corrupt += 1), 'bad-reply-signature'],
    ["the reply's index", (r) => (at(r.replies, 0).path.index = 1), 'bad-reply-signature'],
    ["the reply's leaves", (r) => (at(r.replies, 0).path.leaves = 4), 'bad-reply-signature'],
    ["the reply's path", (r) => at(r.replies, 0).path.siblings.pop(), 'bad-reply-signature'],
    [
      "the reply's signature",
      (r) => (at(r.replies, 1).signature = other(at(r.replies, 1).signature)),
      'bad-reply-signature',
    ],
    ['a reply less', (r) => r.replies.pop(), 'too-few-replies'],
    ['a reply twice', (r) => (r.replies[1] = at(r.replies, 0)), 'duplicate-reply'],
    ['replies in disorder', (r) => r.replies.reverse(), 'duplicate-reply'],
  ];

  it.each(cases)('%s', (_, change, code) => {
    expect(after(SINGLE, change)).toBe(code);
  });

  it.each<[string, (list: string[]) => void]>([
    ['another digest', (list) => (list[4] = other(list[4] ?? ''))],
    ['one less', (list) => list.pop()],
    ['the request taken out', (list) => list.splice(2, 1)],
    ['one twice', (list) => list.push(list[0] ?? '')],
    ['another order', (list) => list.reverse()],
  ])('of the list that was signed: %s', (_, change) => {
    const changed = (draft: Draft): void => change(draft.request.signedWith ?? []);
    expect(after(LISTED, changed)).toBe('bad-request-signature');
  });

  it('a list that covers the request, signed by another client', () => {
    const changed = (draft: Draft): void => {
      draft.request.client = 'other';
    };
    expect(after(LISTED, changed)).toBe('bad-request-signature');
  });

  it('the list left out', () => {
    const changed = (draft: Draft): void => {
      delete draft.request.signedWith;
    };
    expect(after(LISTED, changed)).toBe('bad-request-signature');
  });
});

describe('certificates', () => {
  it('of a quorum in the prepare phase decide nothing', () => {
    const full = sceneOf({ mode: 'ccro', scheme: 'ed25519', phase: 'prepare', together: false });
    const cut = (draft: Draft): void => {
      draft.certificate.signers.pop();
      draft.certificate.signatures.pop();
    };
    expect(after(full, () => undefined)).toBe('holds');
    expect(after(full, cut)).toBe('certificate-does-not-decide');
  });

  it('of other keys are refused, however many signed', () => {
    const seven = { mode: 'ccro', scheme: 'ed25519', phase: 'commit', together: false } as const;
    const larger = new ReceiptVerifier(clusterKeys(configOf({ ...seven, nodes: 7 })));
    // Four nodes make a quorum of three, seven one of five.
    expect(codeOf(larger.verify(Buffer.from(SINGLE.text)))).toBe('certificate-below-quorum');
    const bls = new ReceiptVerifier(clusterKeys(configOf({ ...seven, scheme: 'bls' })));
    expect(codeOf(bls.verify(Buffer.from(SINGLE.text)))).toBe('wrong-scheme');
  });
});

describe('the text', () => {
  it.each<[string, (text: string) => string, RefusalCode]>([
    ['empty', () => '', 'malformed'],
    ['no JSON', () => 'a receipt', 'malformed'],
    ['null', () => 'null\n', 'malformed'],
    ['another format', (text) => text.replace('receipt/1', 'receipt/2'), 'unknown-format'],
    ['spaces', (text) => text.replace('": ', '":  '), 'malformed'],
    ['on one line', (text) => JSON.stringify(JSON.parse(text)), 'malformed'],
    ['no line feed at the end', (text) => text.trimEnd(), 'malformed'],
    ['line ends of another system', (text) => text.replaceAll('\n', '\r\n'), 'malformed'],
    ['a byte order mark', (text) => `\ufeff${text}`, 'malformed'],
    ['a letter escaped', (text) => text.replace('grün', 'gr\\u00fcn'), 'malformed'],
    ['a number with an exponent', (text) => text.replace('"view": 1', '"view": 1e0'), 'malformed'],
    ['minus zero', (text) => text.replace('"index": 0', '"index": -0'), 'malformed'],
    ['fields in another order', swapFirstFields, 'malformed'],
    ['a field twice', (text) => text.replace('{', '{\n  "format": "ccro-receipt/1",'), 'malformed'],
    ['an unknown field', (text) => text.replace('{', '{\n  "note": 1,'), 'malformed'],
    ['a prototype', (text) => text.replace('{', '{\n  "__proto__": {},'), 'malformed'],
    ['a field missing', (text) => text.replace(/ {2}"cluster".*\n/, ''), 'malformed'],
    ['a lone surrogate', (text) => text.replace('grün', '\\ud800'), 'malformed'],
    ['a digest in capitals', upperCaseDigest, 'malformed'],
  ])('%s', (_, change, code) => {
    expect(change(SINGLE.text)).not.toBe(SINGLE.text);
    expect(textOf(SINGLE, change)).toBe(code);
  });

  it('that is too large, nests too deep or is not UTF-8 is not looked into', () => {
    const { verifier } = SINGLE;
    expect(codeOf(verifier.verify(new Uint8Array(4 * 1024 * 1024 + 1)))).toBe('too-large');
    expect(codeOf(verifier.verify(Buffer.from('['.repeat(1_000_000))))).toBe('malformed');
    expect(codeOf(verifier.verify(Uint8Array.of(0x22, 0xff, 0x22)))).toBe('malformed');
  });

  it.each<[string, (text: string) => string, RegExp]>([
    ['a list', () => '[]', /no JSON object|format is missing/],
    ['a field missing', (text) => text.replace(/ {2}"cluster".*\n/, ''), /cluster is missing/],
    [
      'a field wrong',
      (text) => text.replace('"leaves": 5', '"leaves": 0'),
      /batch is missing or wrong/,
    ],
    ['an unknown field', (text) => text.replace('{', '{\n  "note": 1,'), /unknown field/],
  ])('says what is wrong: %s', (_, change, reason) => {
    const verdict = SINGLE.verifier.verify(Buffer.from(change(SINGLE.text)));
    expect(verdict).toMatchObject({ code: 'malformed', reason: expect.stringMatching(reason) });
  });

  it('never makes it throw', () => {
    fc.assert(
      fc.property(fc.json(), fc.uint8Array(), (json, bytes) => {
        expect(SINGLE.verifier.verify(Buffer.from(json)).holds).toBe(false);
        expect(SINGLE.verifier.verify(bytes).holds).toBe(false);
      }),
    );
  });
});

function at<T>(list: readonly T[], index: number): T {
  const found = list[index];
  if (found === undefined) throw new Error(`nothing at ${index}`);
  return found;
}

function swapFirstFields(text: string): string {
  const [open, format, cluster, ...rest] = text.split('\n');
  return [open, cluster, format, ...rest].join('\n');
}

function upperCaseDigest(text: string): string {
  return text.replace(/"digest": "([0-9a-f]+)"/, (whole) =>
    whole.replace(/"([0-9a-f]{64})"/, (digest) => digest.toUpperCase()),
  );
}
