import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { PROBLEM_SCHEMAS } from './problem-schema.js';

/** Serves the API's description at `/docs`, as JSON at `/docs-json`. */
export function serveOpenApi(app: INestApplication): void {
  const config = new DocumentBuilder()
    .setTitle('CCRO gateway')
    .setDescription('Byzantine-fault-tolerant consensus over Redis pub/sub, by HTTP.')
    .setVersion('0.1.0')
    .build();
  SwaggerModule.setup('docs', app, () => {
    const document = SwaggerModule.createDocument(app, config);
    const schemas = { ...document.components?.schemas, ...PROBLEM_SCHEMAS };
    return { ...document, components: { ...document.components, schemas } };
  });
}
