import fastifyCors from '@fastify/cors';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';

/**
 * Lets pages of other sites call from browsers. To be called before anything but what refuses
 * sites can answer.
 */
export async function allowOrigins(
  app: NestFastifyApplication,
  corsOrigins: readonly string[],
): Promise<void> {
  if (corsOrigins.length === 0) return;
  await app
    .getHttpAdapter()
    .getInstance()
    .register(fastifyCors, {
      origin: [...corsOrigins],
      methods: ['GET', 'HEAD', 'POST', 'PUT', 'DELETE'],
      exposedHeaders: ['location', 'retry-after', 'www-authenticate'],
      maxAge: 600,
    });
}
