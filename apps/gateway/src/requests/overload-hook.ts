import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyReply } from 'fastify';
import { PROBLEM_MEDIA_TYPE, ProblemException } from '@ccro/http';
import { callerOf } from '../auth/caller.js';
import { CallerShares } from '../auth/caller-shares.js';
import { Activity } from '../events/activity.js';
import { overloaded } from '../queue/queue-error.js';
import { REQUEST_QUEUE, type RequestQueue } from '../queue/request-queue.js';
import { queueProblem } from './queue-problem.js';

/** Where requests are handed in. */
const SUBMISSIONS: ReadonlySet<string> = new Set([
  '/requests',
  '/requests/batch',
  '/requests/signed',
  '/preprepare',
]);

/**
 * Refuses calls that the queue has no room for as soon as their head is read: an overloaded gateway
 * must not spend time on the bodies of calls that it refuses, while accepted ones wait.
 *
 * To be called before the application's routes are made.
 */
export function refuseWhenFull(app: NestFastifyApplication): void {
  const queue = app.get<RequestQueue>(REQUEST_QUEUE);
  const activity = app.get(Activity);
  const shares = app.get(CallerShares);
  const problem = queueProblem(overloaded());
  if (!(problem instanceof ProblemException)) throw new Error('an overload is a problem');
  const { headers, details } = problem;
  const body = JSON.stringify(details);
  const refuse = (reply: FastifyReply): FastifyReply =>
    reply
      .status(details.status)
      .headers({ ...headers, 'content-type': PROBLEM_MEDIA_TYPE })
      .send(body);
  const isRefused = (caller: string): boolean => {
    if (!shares.admits(caller)) return true;
    if (!queue.isFull()) return false;
    shares.refuse(caller);
    return true;
  };
  const http = app.getHttpAdapter().getInstance();
  http.addHook('onRequest', (request, reply, done) => {
    const isSubmission =
      request.method === 'POST' && SUBMISSIONS.has(request.routeOptions.url ?? '');
    if (isSubmission && isRefused(callerOf(request).name)) {
      activity.refused();
      refuse(reply);
    } else done();
  });
}
