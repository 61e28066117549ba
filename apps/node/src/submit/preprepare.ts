/**
 * `POST /preprepare` at the primary's own port, where users of the program that this one follows
 * send their requests. Any other node says which one is the primary.
 */

import { ProblemException, sendProblem } from '@ccro/http';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { NODE_OPTIONS, type NodeOptions } from '../node-options.js';
import { ReplicaService } from '../replica/replica.service.js';
import { GatewayRelay } from './gateway-relay.js';

/** Where a gateway listens unless told otherwise. */
const DEFAULT_GATEWAY_URL = 'http://127.0.0.1:3000';

/** To be called before the application's routes are made. */
export async function servePreprepare(app: NestFastifyApplication): Promise<void> {
  const options = app.get<NodeOptions>(NODE_OPTIONS);
  const { runner } = app.get(ReplicaService);
  const { self, gatewayUrl = () => DEFAULT_GATEWAY_URL } = options;
  const relay = new GatewayRelay(gatewayUrl, `node ${self}`);
  await app
    .getHttpAdapter()
    .getInstance()
    .register(async (scope) => {
      // The gateway reads it, and says what is wrong with it.
      scope.removeAllContentTypeParsers();
      scope.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => {
        done(null, body);
      });
      scope.setErrorHandler((error, _request, reply) => sendProblem(reply, error));
      scope.post('/preprepare', async (request, reply) => {
        const { primary } = runner.status();
        if (primary !== self) throw notPrimary(primary, options);
        await relay.pass(request, reply);
        return reply;
      });
    });
}

function notPrimary(primary: number, { self, nodeUrl }: NodeOptions): ProblemException {
  const address = nodeUrl?.(primary);
  const whereTo =
    address === undefined
      ? `send it to the port of node ${primary}, or to the gateway`
      : `POST ${address}/preprepare`;
  const detail = `Node ${self} is not the commander; node ${primary} is: ${whereTo}.`;
  return new ProblemException('not-primary', detail, {
    extensions: { commander: { id: primary, address: address ?? null } },
  });
}
