import type { Digest, Request } from '@ccro/consensus';
import type { DigestedDraft } from '@ccro/crypto';
import { z } from 'zod';

/** A timestamp that nobody else was given, and where it comes in the order they were given out. */
export interface Stamp {
  readonly timestamp: number;
  readonly index: number;
}

/** One call on its way into Redis. */
interface CallOf<R> {
  readonly requests: readonly R[];
  /** Under its caller's idempotency key, if there is one. */
  readonly key?: SignedCallKey | undefined;
}

interface Stamped {
  readonly id: string;
  readonly index: number;
}

/** A call whose requests have their timestamps. */
export type StampedCall = CallOf<Stamped & { readonly request: DigestedDraft }>;

export type SignedRequest = Stamped & { readonly request: Request };

/** A call whose requests are signed. */
export type SignedCall = CallOf<SignedRequest>;

export interface SignedCallKey {
  /** Digest of the caller's key: Redis need not know what users call their requests. */
  readonly digest: string;
  readonly fingerprint: string;
}

/** What is kept of an idempotency key: which requests it stands for. */
export interface KeyRecord {
  readonly fingerprint: string;
  readonly ids: readonly string[];
}

/** What is kept of a call's key; undefined without one. */
export function keyRecordOf({ key, requests }: SignedCall): KeyRecord | undefined {
  return key && { fingerprint: key.fingerprint, ids: requests.map(({ id }) => id) };
}

const jobData = z.object({
  client: z.string(),
  /** Digests of requests that were signed together: a list for each signature. */
  lists: z.array(z.array(z.string())).default([]),
  calls: z.array(
    z.object({
      /** Digest of the idempotency key; '' for none. */
      key: z.string(),
      requests: z
        .array(
          z.object({
            timestamp: z.int(),
            operation: z.string(),
            digest: z.string(),
            signature: z.string(),
            /** Which of `lists` the signature covers; without it, the request alone. */
            list: z.int().optional(),
          }),
        )
        .min(1),
    }),
  ),
});

/** What a job holds: the signed requests of some calls, so that any process can send them. */
export type JobData = z.infer<typeof jobData>;

export function jobDataOf(client: string, calls: readonly SignedCall[]): JobData {
  const numbers = new Map<readonly Digest[], number>();
  const numberOf = ({ signedWith }: Request): { readonly list?: number } => {
    if (signedWith === undefined) return {};
    const list = numbers.get(signedWith) ?? numbers.size;
    numbers.set(signedWith, list);
    return { list };
  };
  return {
    client,
    calls: calls.map(({ key, requests }) => ({
      key: key?.digest ?? '',
      requests: requests.map(({ request }) => {
        const { timestamp, operation, digest, signature } = request;
        return { timestamp, operation, digest, signature, ...numberOf(request) };
      }),
    })),
    lists: [...numbers.keys()].map((list) => [...list]),
  };
}

/** A request as it is found in a job. */
export interface KeptRequest {
  readonly request: Request;
  /** Digest of the idempotency key; '' for none. */
  readonly key: string;
  /** What is kept of the key, with the first request of a call whose caller this process knew. */
  readonly record?: KeyRecord;
}

/** The requests in a job. @returns undefined for what no gateway wrote */
export function requestsOf(data: unknown): readonly KeptRequest[] | undefined {
  const parsed = jobData.safeParse(data);
  if (!parsed.success) return undefined;
  const { client, calls, lists } = parsed.data;
  return calls.flatMap(({ key, requests }) =>
    requests.map(({ list, ...fields }) => {
      const request = { kind: 'request' as const, client, ...fields };
      const signedWith = list === undefined ? undefined : lists[list];
      return { key, request: signedWith === undefined ? request : { ...request, signedWith } };
    }),
  );
}
