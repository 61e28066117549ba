import { type ProblemName, PROBLEMS, problemType } from '@ccro/http';

const NAME = 'ProblemDetails';

/** Reference to the schema that every error answer has. */
export const PROBLEM_SCHEMA_REF = `#/components/schemas/${NAME}`;

const names = Object.keys(PROBLEMS) as ProblemName[];

/** Schemas to add to the OpenAPI document: the error answer, with all types it can have. */
export const PROBLEM_SCHEMAS = {
  [NAME]: {
    type: 'object',
    description: 'An error, as RFC 9457 has it.',
    required: ['type', 'title', 'status', 'detail'],
    properties: {
      type: { type: 'string', enum: names.map((name) => problemType(name)) },
      title: { type: 'string' },
      status: { type: 'integer' },
      detail: { type: 'string' },
      id: { type: 'string', description: 'The accepted request, which stays pending.' },
      errors: {
        type: 'array',
        description: 'What is wrong with which field.',
        items: {
          type: 'object',
          properties: { field: { type: 'string' }, message: { type: 'string' } },
        },
      },
    },
    additionalProperties: true,
  },
};
