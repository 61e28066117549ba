/** Rules about what clients signed, and about votes that become one signature. */

import type { BrokenProtocol } from './broken-protocol.js';

const CRYPTO = 'libs/crypto/src';

/** Rules about what clients signed, alone or together. */
export const REQUESTS: readonly BrokenProtocol[] = [
  {
    name: 'client-signature-unchecked',
    breaks: 'Only what a client signed executes; requests are believed whoever made them up.',
    edits: [
      {
        file: `${CRYPTO}/verifier.ts`,
        find: "return signatureHolds(bytes, request.signature, key) ? undefined : 'bad-signature';",
        replace: 'return undefined;',
      },
    ],
    violates: ['validity'],
    foundBy: 'runs',
  },
  {
    name: 'list-signature-unchecked',
    breaks: 'A list of requests counts if its client signed it; being on any list is enough.',
    edits: [
      {
        file: `${CRYPTO}/verified-lists.ts`,
        find: 'list.holds && list.digests.has(digest)',
        replace: 'list.digests.has(digest)',
      },
    ],
    violates: ['validity'],
    foundBy: 'runs',
  },
  {
    name: 'list-known-by-signature',
    breaks: 'A signature covers the list it was made for; once it held, it is taken for any.',
    edits: [
      {
        file: `${CRYPTO}/verified-lists.ts`,
        find: 'before?.client === signed.client && bytes.equal(before.bytes, signed.bytes)',
        replace: 'before !== undefined',
      },
    ],
    violates: ['validity'],
    foundBy: 'runs',
  },
  {
    name: 'list-known-by-content',
    breaks: 'A list counts for the client who signed it; once seen, it is taken for any client.',
    edits: [
      {
        file: `${CRYPTO}/verified-lists.ts`,
        find: 'before?.client === signed.client && bytes.equal(before.bytes, signed.bytes)',
        replace: 'before !== undefined && bytes.equal(before.bytes, signed.bytes)',
      },
    ],
    violates: ['validity'],
    foundBy: 'runs',
  },
];

/** Rules about votes that become one signature. */
export const AGGREGATING: readonly BrokenProtocol[] = [
  {
    name: 'bls-group-unchecked',
    breaks: 'The votes of a group hold; nobody looks.',
    edits: [
      {
        file: `${CRYPTO}/bls-scheme.ts`,
        find: 'return checked(bytes, sum.pk, sum.sig);',
        replace: 'return sum.pk !== undefined && bytes.length > 0;',
      },
    ],
    violates: ['certificates'],
    foundBy: 'runs',
  },
  {
    name: 'bls-group-unweighted',
    breaks: 'A group is added up with random weights; without them two bad votes make a good sum.',
    edits: [
      {
        file: `${CRYPTO}/bls-scheme.ts`,
        find: 'bls.addWithRandomness(part)',
        replace:
          '({ pk: bls.addKeys(part.map(({ pk }) => pk)), ' +
          'sig: bls.addSignatures(part.map(({ sig }) => sig)) })',
      },
    ],
    violates: ['certificates'],
    foundBy: 'runs',
  },
  {
    name: 'bls-certificate-unchecked',
    breaks: "A certificate's one signature holds; nobody looks.",
    edits: [
      {
        file: `${CRYPTO}/bls-scheme.ts`,
        find: '!checked(bytes, aggregateKey(signers), parsed)',
        replace: 'aggregateKey(signers) === undefined',
      },
    ],
    violates: ['certificates', 'agreement', 'stopped'],
    foundBy: 'runs',
  },
];
