/** The gateway as its users call it: plain HTTP. */

import { expect } from 'vitest';
import type { DecidedAnswer } from '../../gateway-api.js';

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  /** The parsed JSON; `{text}` for any other body. */
  readonly body: Readonly<Record<string, unknown>>;
}

export interface CallOptions {
  /** Sent as JSON. */
  readonly json?: unknown;
  /** Sent as it is, as application/json unless `headers` say otherwise. */
  readonly text?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export async function call(
  url: string,
  method: string,
  path: string,
  { json, text, headers = {} }: CallOptions = {},
): Promise<Answer> {
  const body = text ?? (json === undefined ? undefined : JSON.stringify(json));
  const type = body === undefined ? {} : { 'content-type': 'application/json' };
  const response = await fetch(`${url}${path}`, {
    method,
    // A connection for each call: nothing of an earlier gateway on the same port is used again.
    headers: { connection: 'close', ...type, ...headers },
    ...(body === undefined ? {} : { body }),
  });
  const answer = await response.text();
  const isJson = response.headers.get('content-type')?.includes('json') === true;
  return {
    status: response.status,
    headers: response.headers,
    body: (isJson ? JSON.parse(answer) : { text: answer }) as Answer['body'],
  };
}

/** `POST /requests` with `data`, which must be decided. */
export async function decide(url: string, data: unknown): Promise<DecidedAnswer> {
  const { status, body } = await call(url, 'POST', '/requests', { json: { data } });
  expect({ status, body }).toMatchObject({ status: 200, body: { status: 'decided' } });
  return body as unknown as DecidedAnswer;
}

/** Expects problem+json (RFC 9457) with all its members. @returns the answer's body */
export function expectProblem(answer: Answer, status: number, name: string): Answer['body'] {
  const mediaType = answer.headers.get('content-type')?.split(';')[0];
  expect({ httpStatus: answer.status, mediaType, body: answer.body }).toMatchObject({
    httpStatus: status,
    mediaType: 'application/problem+json',
    body: {
      type: `urn:ccro:problem:${name}`,
      status,
      title: expect.stringMatching(/./) as string,
      detail: expect.stringMatching(/./) as string,
    },
  });
  return answer.body;
}
