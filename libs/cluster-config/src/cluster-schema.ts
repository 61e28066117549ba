import { MAX_MEMBERS } from '@ccro/consensus';
import { CODEC_NAMES, DEFAULT_CODEC } from '@ccro/wire';
import { STATE_MACHINE_LABEL } from '@ccro/state-machine';
import { z } from 'zod';

/** What clusters and clients may be called. */
export const NAME_PATTERN = /^[A-Za-z0-9_-]{1,64}$/;
export const NAME_RULE = '1 to 64 letters, digits, - and _';

const name = z.string(NAME_RULE).regex(NAME_PATTERN, NAME_RULE);

const KEY_RULE = 'an Ed25519 public key: 43 characters of base64url';
const publicKey = z.string(KEY_RULE).regex(/^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/, KEY_RULE);

const BLS_KEY_RULE = 'a BLS12-381 public key: 64 characters of base64url';
const POSSESSION_RULE = 'a proof made by "npm run keygen": 128 characters of base64url';

/** A member's second key, for votes where certificates are aggregates. */
const blsKey = z.strictObject(
  {
    publicKey: z.string(BLS_KEY_RULE).regex(/^[A-Za-z0-9_-]{64}$/, BLS_KEY_RULE),
    possession: z.string(POSSESSION_RULE).regex(/^[A-Za-z0-9_-]{128}$/, POSSESSION_RULE),
  },
  'an object with publicKey and possession, and nothing else',
);

export const SIGNATURE_CHOICES = ['ed25519', 'bls', 'auto'] as const;

export const MEMBER_ID_RULE = `an integer from 0 to ${MAX_MEMBERS - 1}`;

function positiveInteger(max: number): z.ZodNumber {
  const rule = `an integer from 1 to ${max}`;
  return z.int(rule).min(1, rule).max(max, rule);
}

const MILLISECONDS_MAX = 600_000;

/**
 * See `ReplicaConfig` for what each of them does. All replicas of a cluster need the same. The
 * limits on batches keep messages within those of `libs/wire`, with every character escaped and
 * each request on a list of its own; that on `clientWindow` keeps a client's chunk of the state
 * within what a state transfer takes. docs/LIMITS.md has the sums.
 */
const tuning = z
  .strictObject({
    maxBatchRequests: positiveInteger(256),
    maxBatchCharacters: positiveInteger(256 * 1024),
    maxInFlightSlots: positiveInteger(4096),
    windowSlots: positiveInteger(4096),
    checkpointInterval: positiveInteger(2048),
    requestTimeoutMs: positiveInteger(600_000),
    clientWindow: positiveInteger(65_536),
    maxPooledRequests: positiveInteger(1_048_576),
    certificateTimeoutMs: z.strictObject({
      min: positiveInteger(MILLISECONDS_MAX),
      max: positiveInteger(MILLISECONDS_MAX),
    }),
    statusIntervalMs: positiveInteger(MILLISECONDS_MAX),
    maxDecisionsPerAnswer: positiveInteger(4096),
  })
  .partial();

const STATE_MACHINE_RULE = 'the name and version of a state machine, as in auction@1';

/** The cluster file's shape; what its parts must be to each other is checked afterwards. */
export const clusterSchema = z.strictObject(
  {
    cluster: name,
    mode: z.enum(['ccro', 'pbft'], 'ccro, pbft'),
    signature: z.enum(SIGNATURE_CHOICES, SIGNATURE_CHOICES.join(', ')).default('auto'),
    codec: z.enum(CODEC_NAMES, CODEC_NAMES.join(', ')).default(DEFAULT_CODEC),
    members: z
      .array(
        z.strictObject(
          {
            id: z
              .int(MEMBER_ID_RULE)
              .min(0, MEMBER_ID_RULE)
              .max(MAX_MEMBERS - 1, MEMBER_ID_RULE)
              .refine((id) => !Object.is(id, -0), MEMBER_ID_RULE),
            publicKey,
            bls: blsKey.optional(),
          },
          'an object with id, publicKey and perhaps bls, and nothing else',
        ),
        'a list of members',
      )
      .min(1, `1 to ${MAX_MEMBERS} members`)
      .max(MAX_MEMBERS, `1 to ${MAX_MEMBERS} members`),
    clients: z.array(
      z.strictObject(
        { id: name, publicKey, admin: z.boolean('true or false').optional() },
        'an object with id, publicKey and perhaps admin, and nothing else',
      ),
      'a list of clients',
    ),
    stateMachine: z
      .string(STATE_MACHINE_RULE)
      .regex(STATE_MACHINE_LABEL, STATE_MACHINE_RULE)
      .optional(),
    tuning: tuning.optional(),
  },
  'an object with cluster, mode, signature, members, clients, perhaps codec, stateMachine and tuning',
);

export type ClusterFile = z.infer<typeof clusterSchema>;
