import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { limitFiles } from '@ccro/http';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { PROBLEM_SCHEMAS } from './problem-schema.js';

const SCHEME = 'key';
const API_KEY =
  'A key that `npm run keygen` made, where the gateway asks for one. Keys have a role: `read` for ' +
  'GET, `submit` for what changes data, `admin` for faults and `/admin`.';

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
    const schemas = { ...document.components?.schemas, ...PROBLEM_SCHEMAS };
    return { ...document, components: { ...document.components, schemas } };
  });
}
