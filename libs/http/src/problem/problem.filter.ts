import { type ArgumentsHost, Catch, type ExceptionFilter, Logger } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { classifyError } from './classify-error.js';
import { PROBLEM_MEDIA_TYPE, ProblemException, problemDetails } from './problem.js';

/** Answers every error with problem+json, also those Fastify raises before Nest sees anything. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  private readonly logger = new Logger('HTTP');

  catch(error: unknown, host: ArgumentsHost): void {
    // Errors of message handlers have no HTTP answer; they are ours, so the log is their place.
    if (host.getType() !== 'http') {
      this.logger.error(error);
      return;
    }
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    if (reply.sent) return;
    sendProblem(reply, error, this.logger);
  }
}

/** Sends the answer for `error`. Only failures of the gateway itself are logged. */
export function sendProblem(reply: FastifyReply, error: unknown, logger?: Logger): void {
  const known = error instanceof ProblemException ? error : undefined;
  const { problem, detail } = classifyError(error);
  const details = known?.details ?? problemDetails(problem, detail);
  if (problem === 'internal') logger?.error(error);
  void reply
    .status(details.status)
    .headers({ ...known?.headers, 'content-type': PROBLEM_MEDIA_TYPE })
    .send(details);
}
