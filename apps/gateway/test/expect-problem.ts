import type { Answer } from './started-gateway.js';

/** @throws when `answer` is not the error `name`, as problem+json with all its members */
export function expectProblem(answer: Answer, status: number, name: string): void {
  const { headers, body } = answer;
  const mediaType = headers.get('content-type')?.split(';')[0];
  const { type, title, detail } = body;
  const proper =
    answer.status === status &&
    body.status === status &&
    mediaType === 'application/problem+json' &&
    type === `urn:ccro:problem:${name}` &&
    [title, detail].every((text) => typeof text === 'string' && text !== '');
  if (!proper) {
    throw new Error(
      `expected ${status} ${name}, got ${answer.status} ${mediaType}: ${JSON.stringify(body)}`,
    );
  }
}
