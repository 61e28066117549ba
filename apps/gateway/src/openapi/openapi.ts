import { applyDecorators } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { ApiResponse, DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import {
  limitFiles,
  PROBLEM_MEDIA_TYPE,
  PROBLEMS,
  problemType,
  type ProblemName,
} from '@ccro/http';

const SCHEME = 'key';
const API_KEY =
  'A key that `npm run keygen` made, where the gateway asks for one. Keys have a role: `read` for ' +
  'GET, `submit` for what changes data, `admin` for faults and `/admin`.';

/** The schema that every error answer has, with all types it can have. */
const PROBLEM_SCHEMA = {
  type: 'object',
  description: 'An error, as RFC 9457 has it.',
  required: ['type', 'title', 'status', 'detail'],
  properties: {
    type: {
      type: 'string',
      enum: (Object.keys(PROBLEMS) as ProblemName[]).map((name) => problemType(name)),
    },
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
};

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
        content: {
          [PROBLEM_MEDIA_TYPE]: { schema: { $ref: '#/components/schemas/ProblemDetails' } },
        },
      }),
    ),
  );
}

/** Serves the API's description at `/docs`, as JSON at `/docs-json`. */
export function serveOpenApi(app: NestFastifyApplication): void {
  limitFiles(app.getHttpAdapter().getInstance(), '/docs/');
  const config = new DocumentBuilder()
    .setTitle('CCRO gateway')
    .setDescription('Byzantine-fault-tolerant consensus over Redis pub/sub, by HTTP.')
    .setVersion('0.1.0')
    .addBearerAuth({ type: 'http', scheme: 'bearer', description: API_KEY }, SCHEME)
    .addSecurityRequirements(SCHEME)
    .build();
  SwaggerModule.setup('docs', app, () => {
    const document = SwaggerModule.createDocument(app, config);
    const schemas = { ...document.components?.schemas, ProblemDetails: PROBLEM_SCHEMA };
    return { ...document, components: { ...document.components, schemas } };
  });
}
