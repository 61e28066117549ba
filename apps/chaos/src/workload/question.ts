/** What the workload asks of the cluster, and what it may hear. */

import {
  appendOperation,
  deleteOperation,
  getOperation,
  putOperation,
  type JsonValue,
} from '@ccro/state-machine';
import { z } from 'zod';
import type { KeyOutput } from '../checks/key-model.js';

export type Question =
  | { readonly kind: 'put'; readonly key: string; readonly value: string }
  | { readonly kind: 'get'; readonly key: string }
  | { readonly kind: 'delete'; readonly key: string }
  | { readonly kind: 'append'; readonly data: string };

export type Output =
  KeyOutput | { readonly kind: 'append'; readonly index: number; readonly hash: string };

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
export function outputOf(question: Question, result: unknown): Output | undefined {
  switch (question.kind) {
    case 'put': {
      const read = putResult.safeParse(result).data;
      return read && { kind: 'put', ...read };
    }
    case 'get': {
      const read = getResult.safeParse(result).data;
      if (read === undefined) return undefined;
      const { found, value, version } = { value: null, version: 0, ...read };
      return { kind: 'get', found: found ? { value, version } : null };
    }
    case 'delete': {
      const read = deleteResult.safeParse(result).data;
      if (read === undefined) return undefined;
      return { kind: 'delete', version: read.deleted ? read.version : null };
    }
    case 'append': {
      const read = appendResult.safeParse(result).data;
      return read && { kind: 'append', ...read };
    }
  }
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
const putResult = z.object({ previous: versioned.nullable(), version });
const getResult = z.discriminatedUnion('found', [
  z.object({ found: z.literal(true), value: z.unknown(), version }),
  z.object({ found: z.literal(false) }),
]);
const deleteResult = z.discriminatedUnion('deleted', [
  z.object({ deleted: z.literal(true), version }),
  z.object({ deleted: z.literal(false) }),
]);
const appendResult = z.object({ index: z.int().min(1), hash: z.string() });
