import type { FastifyInstance } from 'fastify';
import { whenOver } from './call-end.js';

interface Destroyable {
  destroy(): void;
}

/**
 * Closes the stream that an answer is read from, a file for example, when its call is over. Fastify does so
 * when Node closes the answer, which it never does where the answer waited behind another on its
 * connection.
 */
export function closeStreams(http: FastifyInstance): void {
  http.addHook('onSend', (_request, reply, payload, done) => {
    if (isDestroyable(payload)) whenOver(reply, () => payload.destroy());
    done(null, payload);
  });
}

function isDestroyable(payload: unknown): payload is Destroyable {
  return payload instanceof Object && 'destroy' in payload && typeof payload.destroy === 'function';
}
