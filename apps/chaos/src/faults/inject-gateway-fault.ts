/** Faults of gateways, each from its beginning until the gateway is ready again. */

import { pause } from '@ccro/clock';
import type { SupervisedProcess } from '@ccro/process-cluster';
import type { FaultContext } from './fault-context.js';
import { silenceClients } from './half-open-clients.js';
import type { GatewayFault } from './planned-fault.js';
import { untilReady } from './recovery.js';
import { injectProgramFault } from './inject-program-fault.js';

/** @throws Overdue when it is not ready again, StartFailure when it does not start, Quit */
export async function injectGatewayFault(
  fault: GatewayFault,
  context: FaultContext,
): Promise<void> {
  const { cluster, timeline, timeUp, quit } = context;
  const gateway = chooseGateway(fault, context);
  const incident = timeline.injected({
    fault,
    target: gateway.name,
    role: undefined,
    view: undefined,
  });
  switch (fault.kind) {
    case 'gateway-kill':
      await gateway.kill();
      if (!gateway.running) timeline.showed(incident, 'its process was gone');
      await pause(fault.downMs, timeUp);
      await cluster.revive(gateway);
      timeline.healed(incident);
      break;
    case 'half-open-clients':
      await silenceClients(fault, gateway, incident, context);
      break;
    default:
      await injectProgramFault(fault, gateway, incident, context);
  }
  await untilReady([gateway], quit);
  timeline.over(incident);
}

/** Only one that reaches Redis over a path of its own can lose it in silence. */
function chooseGateway({ kind, pick }: GatewayFault, { cluster }: FaultContext): SupervisedProcess {
  const { gateways } = cluster;
  const withPath = gateways.find((each) => cluster.surroundingsOf(each).path !== undefined);
  if (kind === 'silent-redis' && withPath !== undefined) return withPath;
  return cluster.gateway(Math.floor(pick * gateways.length));
}
