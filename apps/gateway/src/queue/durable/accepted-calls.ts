import { isDigest, type Digest, type Request } from '@ccro/consensus';
import type { DigestedDraft } from '@ccro/crypto';
import { MAX_OPERATION_CHARACTERS } from '@ccro/wire';
import { z } from 'zod';

/** A timestamp that nobody else was given, and where it comes in the order they were given out. */
export interface Stamp {
  readonly timestamp: number;
  readonly index: number;
}

/** One call on its way into Redis, or in it. */
interface CallOf<R> {
  readonly requests: readonly R[];
  /** Under its caller's idempotency key, if there is one. */
  readonly key?: CallKey | undefined;
  /** See `Call`. */
  readonly owner?: string | undefined;
}

interface Stamped {
  readonly id: string;
  readonly index: number;
}

/** A call whose requests have their timestamps. */
export type StampedCall = CallOf<Stamped & { readonly request: DigestedDraft }>;

export type SignedRequest = Stamped & { readonly request: Request };

/** A call whose requests are signed: all of them, or those that are still open. */
export type SignedCall = CallOf<SignedRequest>;

export interface CallKey {
  /** Digest of the caller's key: Redis need not know what users call their requests. */
  readonly digest: string;
  /** Undefined when this process does not know it. */
  readonly record: KeyRecord | undefined;
}

/** Requests that the record of a key names: more than a call has. */
export const MAX_KEY_REQUESTS = 4096;

const keyRecord = z.object({
  fingerprint: z.string(),
  ids: z.array(z.string()).min(1).max(MAX_KEY_REQUESTS).readonly(),
});

/** What is kept of an idempotency key: which requests it stands for. */
export type KeyRecord = Readonly<z.infer<typeof keyRecord>>;

/** @returns undefined for what no gateway wrote */
export function readKeyRecord(text: string): KeyRecord | undefined {
  return keyRecord.safeParse(parsedJson(text)).data;
}

/** 32 bytes, as the wire spells them. */
const DIGEST = z.string().refine(isDigest);
/** An Ed25519 signature, as the wire spells it. */
const SIGNATURE = z.string().regex(/^[A-Za-z0-9_-]{85}[AQgw]$/);

/**
 * Others may write to Redis. The fields of requests are as narrow as on the wire, which is what the
 * verifier relies on.
 */
const entryData = z.object({
  client: z.string(),
  /** Digests of requests that were signed together: a list for each signature. */
  lists: z.array(z.array(DIGEST)).default([]),
  calls: z
    .array(
      z.object({
        /** Digest of the idempotency key; '' for none. */
        key: z.string(),
        /** Whose requests they are; absent: everybody's. */
        owner: z.string().optional(),
        requests: z
          .array(
            z.object({
              timestamp: z.int().nonnegative(),
              operation: z.string().max(MAX_OPERATION_CHARACTERS),
              digest: DIGEST,
              signature: SIGNATURE,
              /** Which of `lists` the signature covers; without it, the request alone. */
              list: z.int().nonnegative().optional(),
            }),
          )
          .min(1),
      }),
    )
    .min(1),
});

/** The signed requests of some calls as an entry of the intake, so that any process can send them. */
export function entryOf(client: string, calls: readonly SignedCall[]): string {
  const numbers = new Map<readonly Digest[], number>();
  const numberOf = ({ signedWith }: Request): { readonly list?: number } => {
    if (signedWith === undefined) return {};
    const list = numbers.get(signedWith) ?? numbers.size;
    numbers.set(signedWith, list);
    return { list };
  };
  const data: z.infer<typeof entryData> = {
    client,
    calls: calls.map(({ key, owner, requests }) => ({
      key: key?.digest ?? '',
      owner,
      requests: requests.map(({ request }) => {
        const { timestamp, operation, digest, signature } = request;
        return { timestamp, operation, digest, signature, ...numberOf(request) };
      }),
    })),
    lists: [...numbers.keys()].map((list) => [...list]),
  };
  return JSON.stringify(data);
}

/** A call as it is found in an entry. */
export interface KeptCall {
  /** Digest of the idempotency key; '' for none. */
  readonly key: string;
  /** See `Call`. */
  readonly owner?: string | undefined;
  readonly requests: readonly Request[];
}

/** The calls in an entry of client `own`. @returns undefined for what no gateway of this client wrote */
export function callsIn(entry: string, own: string): readonly KeptCall[] | undefined {
  const parsed = entryData.safeParse(parsedJson(entry));
  if (!parsed.success || parsed.data.client !== own) return undefined;
  const { client, calls, lists } = parsed.data;
  return calls.map(({ key, owner, requests }) => ({
    key,
    owner,
    requests: requests.map(({ list, ...fields }) => {
      const request = { kind: 'request' as const, client, ...fields };
      const signedWith = list === undefined ? undefined : lists[list];
      return signedWith === undefined ? request : { ...request, signedWith };
    }),
  }));
}

/** @returns undefined for what is not JSON */
export function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
