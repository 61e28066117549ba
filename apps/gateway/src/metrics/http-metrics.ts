import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { LimitedLog } from '@ccro/program';
import { Logger } from '@nestjs/common';
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
  const logger = new Logger('gateway');
  const refusals = new LimitedLog((line) => logger.log(line), REFUSALS);
  instance.addHook('onResponse', ({ method, url, ip }, { statusCode }, done) => {
    answers.inc({ status: statusCode });
    if (REFUSED.has(statusCode)) {
      refusals.add(
        `${method} ${statusCode}`,
        () => `refused: ${method} ${pathOf(url)}, ${statusCode}, ${ip}`,
      );
    }
    done();
  });
  instance.addHook('onClose', (_instance, done) => {
    refusals.summarize();
    done();
  });
}

/** Who is not let in, and what is too much: the operator should know, without a line for each. */
const REFUSED: ReadonlySet<number> = new Set([401, 403, 429]);
const REFUSALS = { lines: 3, periodMs: 60_000 };

/** What a call names, without its query: callers that know no better send keys in that. */
export function pathOf(url: string): string {
  return url.split('?', 1)[0] ?? '';
}
