/**
 * The shapes of messages as they travel, compiled once. Unknown properties are refused: what is
 * not checked must not get in.
 *
 * Requests travel without `digest`, which the receiver derives; inside pre-prepares and decisions
 * also without `kind`.
 */

import Type, { type Static } from 'typebox';
import { Compile } from 'typebox/compile';
import {
  CHUNK_NAME,
  COUNTER,
  DIGEST,
  MAX_U32,
  NAME,
  PROOF_SIGNATURE,
  REPLICA,
  SETTING,
  SIGNATURE,
  SMALL_COUNT,
  STRICT,
  text,
  VOTE_SIGNATURE,
} from './fields.js';
import {
  MAX_CHUNK_PART_CHARACTERS,
  MAX_MEMBERS,
  MAX_MESSAGE_BYTES,
  MAX_OPERATION_CHARACTERS,
  MAX_QUERY_CHARACTERS,
  MAX_REQUESTS,
  MAX_SETTINGS,
  MAX_SIGNED_TOGETHER,
} from './limits.js';

const PHASE = Type.Union([
  Type.Literal('prepare'),
  Type.Literal('commit'),
  Type.Literal('checkpoint'),
]);

const REQUEST_FIELDS = {
  client: NAME,
  timestamp: COUNTER,
  operation: text(MAX_OPERATION_CHARACTERS),
  signature: SIGNATURE,
};

/** Requests that were signed together: those that do not travel along are there as digests. */
const LIST_FIELDS = {
  client: NAME,
  signed: Type.Array(
    Type.Union([
      Type.Object({ timestamp: COUNTER, operation: text(MAX_OPERATION_CHARACTERS) }, STRICT),
      DIGEST,
    ]),
    { minItems: 1, maxItems: MAX_SIGNED_TOGETHER },
  ),
  signature: SIGNATURE,
};

const SINGLE_REQUEST = Type.Object(REQUEST_FIELDS, STRICT);
const REQUEST_LIST = Type.Object(LIST_FIELDS, STRICT);

const NESTED_REQUESTS = Type.Array(Type.Union([SINGLE_REQUEST, REQUEST_LIST]), {
  maxItems: MAX_REQUESTS,
});

const REQUESTS = Type.Object({ kind: Type.Literal('requests'), ...LIST_FIELDS }, STRICT);

const REQUEST = Type.Object({ kind: Type.Literal('request'), ...REQUEST_FIELDS }, STRICT);

const PRE_PREPARE = Type.Object(
  {
    kind: Type.Literal('pre-prepare'),
    view: COUNTER,
    sequence: COUNTER,
    digest: DIGEST,
    requests: Type.Array(DIGEST, { maxItems: MAX_REQUESTS }),
    bodies: NESTED_REQUESTS,
    collector: REPLICA,
    replica: REPLICA,
    signature: SIGNATURE,
  },
  STRICT,
);

const VOTE = Type.Object(
  {
    kind: Type.Literal('vote'),
    phase: PHASE,
    view: COUNTER,
    sequence: COUNTER,
    digest: DIGEST,
    replica: REPLICA,
    attempt: SMALL_COUNT,
    collector: Type.Optional(REPLICA),
    signature: VOTE_SIGNATURE,
  },
  STRICT,
);

const PROOF = Type.Object(
  {
    scheme: Type.String({ pattern: /^[a-z0-9-]{1,32}$/ }),
    signers: Type.Array(REPLICA, { maxItems: MAX_MEMBERS }),
    signatures: Type.Array(PROOF_SIGNATURE, { maxItems: MAX_MEMBERS }),
  },
  STRICT,
);

const CERTIFICATE = Type.Object(
  {
    kind: Type.Literal('certificate'),
    phase: PHASE,
    view: COUNTER,
    sequence: COUNTER,
    digest: DIGEST,
    proof: PROOF,
  },
  STRICT,
);

const SUBJECT = Type.Object({ view: COUNTER, digest: DIGEST }, STRICT);

const PREPARE_CERTIFICATE = Type.Object(
  { ...CERTIFICATE.properties, phase: Type.Literal('prepare') },
  STRICT,
);

const CHECKPOINT_CERTIFICATE = Type.Object(
  { ...CERTIFICATE.properties, phase: Type.Literal('checkpoint') },
  STRICT,
);

/** Slots between the watermarks at most, whatever the cluster is tuned to. */
const MAX_SLOTS = 4096;

const VIEW_CHANGE = Type.Object(
  {
    kind: Type.Literal('view-change'),
    view: COUNTER,
    stable: Type.Object(
      {
        sequence: COUNTER,
        digest: DIGEST,
        certificate: Type.Union([Type.Null(), CHECKPOINT_CERTIFICATE]),
      },
      STRICT,
    ),
    slots: Type.Array(
      Type.Object(
        {
          sequence: COUNTER,
          vote: Type.Union([Type.Null(), SUBJECT]),
          certificate: Type.Union([Type.Null(), PREPARE_CERTIFICATE]),
        },
        STRICT,
      ),
      { maxItems: MAX_SLOTS },
    ),
    replica: REPLICA,
    signature: SIGNATURE,
  },
  STRICT,
);

const NEW_VIEW = Type.Object(
  {
    kind: Type.Literal('new-view'),
    view: COUNTER,
    viewChanges: Type.Array(Type.Object({ replica: REPLICA, digest: DIGEST }, STRICT), {
      maxItems: MAX_MEMBERS,
    }),
    reproposals: Type.Array(Type.Object({ sequence: COUNTER, digest: DIGEST }, STRICT), {
      maxItems: MAX_SLOTS,
    }),
    replica: REPLICA,
    signature: SIGNATURE,
  },
  STRICT,
);

const SUSPICION = Type.Object(
  {
    kind: Type.Literal('suspicion'),
    view: COUNTER,
    replica: REPLICA,
    signature: SIGNATURE,
  },
  STRICT,
);

const STATUS = Type.Object(
  {
    kind: Type.Literal('status'),
    replica: REPLICA,
    view: COUNTER,
    lastExecuted: COUNTER,
    attempt: COUNTER,
    asks: Type.Boolean(),
    settings: Type.Array(Type.String({ pattern: SETTING }), { maxItems: MAX_SETTINGS }),
    run: NAME,
    answers: Type.Union([Type.Null(), NAME]),
    signature: SIGNATURE,
  },
  STRICT,
);

const FETCH = Type.Object(
  {
    kind: Type.Literal('fetch'),
    replica: REPLICA,
    sequence: COUNTER,
    digest: DIGEST,
    signature: SIGNATURE,
  },
  STRICT,
);

const FETCH_CHUNK = Type.Object(
  {
    kind: Type.Literal('fetch-chunk'),
    replica: REPLICA,
    sequence: COUNTER,
    chunk: CHUNK_NAME,
    part: SMALL_COUNT,
    signature: SIGNATURE,
  },
  STRICT,
);

const CHUNK_PART = Type.Object(
  {
    kind: Type.Literal('chunk-part'),
    replica: REPLICA,
    sequence: COUNTER,
    chunk: CHUNK_NAME,
    part: SMALL_COUNT,
    parts: Type.Integer({ minimum: 1, maximum: MAX_U32 }),
    text: text(MAX_CHUNK_PART_CHARACTERS),
    signature: SIGNATURE,
  },
  STRICT,
);

const DECISION = Type.Object(
  {
    kind: Type.Literal('decision'),
    sequence: COUNTER,
    view: COUNTER,
    digest: DIGEST,
    requests: NESTED_REQUESTS,
    certificate: CERTIFICATE,
  },
  STRICT,
);

const RESULT = Type.Object(
  {
    timestamp: COUNTER,
    request: DIGEST,
    sequence: COUNTER,
    batch: DIGEST,
    result: text(MAX_MESSAGE_BYTES),
  },
  STRICT,
);

const REPLY = Type.Object(
  {
    kind: Type.Literal('reply'),
    replica: REPLICA,
    client: NAME,
    view: COUNTER,
    results: Type.Array(RESULT, { maxItems: MAX_REQUESTS }),
    tally: Type.Object({ correct: SMALL_COUNT, corrupt: SMALL_COUNT }, STRICT),
    collector: Type.Optional(REPLICA),
    signature: SIGNATURE,
  },
  STRICT,
);

const BRIEF_REPLY = Type.Object(
  {
    kind: Type.Literal('brief-reply'),
    replica: REPLICA,
    client: NAME,
    view: COUNTER,
    root: DIGEST,
    tally: Type.Object({ correct: SMALL_COUNT, corrupt: SMALL_COUNT }, STRICT),
    collector: Type.Optional(REPLICA),
    signature: SIGNATURE,
  },
  STRICT,
);

const QUERY = Type.Object(
  {
    kind: Type.Literal('query'),
    id: NAME,
    client: NAME,
    replica: REPLICA,
    session: NAME,
    counter: COUNTER,
    query: text(MAX_QUERY_CHARACTERS),
    signature: SIGNATURE,
  },
  STRICT,
);

const ANSWER = Type.Object(
  {
    kind: Type.Literal('answer'),
    id: NAME,
    replica: REPLICA,
    answer: text(MAX_MESSAGE_BYTES),
    signature: SIGNATURE,
  },
  STRICT,
);

/** A request as it travels inside other messages. */
export type WireRequest = Static<typeof SINGLE_REQUEST>;
/** Requests that were signed together, as they travel. */
export type WireRequestList = Static<typeof REQUEST_LIST>;

export const CHECKS = {
  request: Compile(REQUEST),
  requests: Compile(REQUESTS),
  prePrepare: Compile(PRE_PREPARE),
  vote: Compile(VOTE),
  certificate: Compile(CERTIFICATE),
  status: Compile(STATUS),
  suspicion: Compile(SUSPICION),
  fetch: Compile(FETCH),
  fetchChunk: Compile(FETCH_CHUNK),
  chunkPart: Compile(CHUNK_PART),
  decision: Compile(DECISION),
  reply: Compile(REPLY),
  briefReply: Compile(BRIEF_REPLY),
  query: Compile(QUERY),
  answer: Compile(ANSWER),
  viewChange: Compile(VIEW_CHANGE),
  newView: Compile(NEW_VIEW),
};
