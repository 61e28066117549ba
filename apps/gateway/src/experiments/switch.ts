import { ProblemException } from '@ccro/http';
import type { GatewaySettings } from '../settings/gateway.options.js';

/** @throws ProblemException `experiments-disabled` where the gateway was started without experiments */
export function requireExperiments({ experiments }: GatewaySettings): void {
  if (experiments) return;
  throw new ProblemException(
    'experiments-disabled',
    'Start the gateway with EXPERIMENTS=on to allow experiments and comparisons.',
  );
}
