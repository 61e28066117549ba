import { applyDecorators } from '@nestjs/common';
import { ApiResponse } from '@nestjs/swagger';
import { PROBLEM_MEDIA_TYPE, type ProblemName, PROBLEMS } from '@ccro/http';
import { PROBLEM_SCHEMA_REF } from './problem-schema.js';

/** Documents the errors a route answers with. Several of one status share one entry. */
export function ApiProblems(...names: readonly ProblemName[]): MethodDecorator {
  const byStatus = new Map<number, string[]>();
  for (const name of names) {
    const { status, title } = PROBLEMS[name];
    byStatus.set(status, [...(byStatus.get(status) ?? []), `\`${name}\`: ${title}.`]);
  }
  return applyDecorators(
    ...[...byStatus].map(([status, lines]) =>
      ApiResponse({
        status,
        description: lines.join(' '),
        content: { [PROBLEM_MEDIA_TYPE]: { schema: { $ref: PROBLEM_SCHEMA_REF } } },
      }),
    ),
  );
}
