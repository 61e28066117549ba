/** What the workload asks of the cluster, and what it may hear. */

import {
  appendOperation,
  deleteOperation,
  getOperation,
  putOperation,
  type JsonValue,
} from '@ccro/state-machine';
import { z } from 'zod';

export type Question =
  | { readonly kind: 'put'; readonly key: string; readonly value: string }
  | { readonly kind: 'get'; readonly key: string }
  | { readonly kind: 'delete'; readonly key: string }
  | { readonly kind: 'append'; readonly data: string };

/** What a key holds, with the number of writes since it came into being. */
export interface Versioned {
  readonly value: unknown;
  readonly version: number;
}

/** What an operation tells. */
export type Output =
  | { readonly kind: 'put'; readonly previous: Versioned | null; readonly version: number }
  | { readonly kind: 'get'; readonly found: Versioned | null }
  /** The version removed; null when the key was not there. */
  | { readonly kind: 'delete'; readonly version: number | null }
  | { readonly kind: 'append'; readonly index: number; readonly hash: string };

/** The operation's text, as the gateway signs it and the ledger shows it. */
export function operationOf(question: Question): string {
  switch (question.kind) {
    case 'put':
      return putOperation(question.key, question.value);
    case 'get':
      return getOperation(question.key);
    case 'delete':
      return deleteOperation(question.key);
    case 'append':
      return appendOperation(question.data);
  }
}

/** What the question is sent as. */
export interface HttpForm {
  readonly method: 'PUT' | 'GET' | 'DELETE' | 'POST';
  readonly path: string;
  readonly json?: JsonValue;
}

export function httpFormOf(question: Question): HttpForm {
  switch (question.kind) {
    case 'put':
      return { method: 'PUT', path: keyPath(question.key), json: { value: question.value } };
    case 'get':
      return { method: 'GET', path: keyPath(question.key) };
    case 'delete':
      return { method: 'DELETE', path: keyPath(question.key) };
    case 'append':
      return { method: 'POST', path: '/requests', json: { data: question.data } };
  }
}

/** What the state machine's result tells; undefined for a result that no such operation has. */
export function outputOf({ kind }: Question, result: unknown): Output | undefined {
  return RESULTS[kind].safeParse(result).data;
}

/** The state machine's result inside an answer to `httpFormOf(question)`. */
export function resultIn(
  question: Question,
  status: number,
  body: Readonly<Record<string, unknown>>,
): unknown {
  const there = status === 200;
  switch (question.kind) {
    case 'put':
      return body;
    case 'get':
      return { ...body, found: there };
    case 'delete':
      return { ...body, deleted: there };
    case 'append':
      return body['result'];
  }
}

function keyPath(key: string): string {
  return `/kv/${encodeURIComponent(key)}`;
}

const version = z.int().min(1);
const versioned = z.object({ value: z.unknown(), version });

/** The state machine's results, read as what they tell. */
const RESULTS: Readonly<Record<Question['kind'], z.ZodType<Output>>> = {
  put: z
    .object({ previous: versioned.nullable(), version })
    .transform((read) => ({ kind: 'put' as const, ...read })),
  get: z
    .discriminatedUnion('found', [
      versioned.extend({ found: z.literal(true) }),
      z.object({ found: z.literal(false) }),
    ])
    .transform((read) => {
      const found = read.found ? { value: read.value ?? null, version: read.version } : null;
      return { kind: 'get' as const, found };
    }),
  delete: z
    .discriminatedUnion('deleted', [
      z.object({ deleted: z.literal(true), version }),
      z.object({ deleted: z.literal(false) }),
    ])
    .transform((read) => ({
      kind: 'delete' as const,
      version: read.deleted ? read.version : null,
    })),
  append: z
    .object({ index: z.int().min(1), hash: z.string() })
    .transform((read) => ({ kind: 'append' as const, ...read })),
};
