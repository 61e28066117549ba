import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Counter, Registry } from 'prom-client';

/** Counts answers by status, refusals before any handler runs included. To be called before `init`. */
export function countAnswers(app: NestFastifyApplication): void {
  const answers = new Counter({
    name: 'ccro_gateway_http_answers_total',
    help: 'HTTP answers, by status',
    labelNames: ['status'],
    registers: [app.get(Registry)],
  });
  const instance = app.getHttpAdapter().getInstance();
  instance.addHook('onResponse', (_request, reply, done) => {
    answers.inc({ status: reply.statusCode });
    done();
  });
}
