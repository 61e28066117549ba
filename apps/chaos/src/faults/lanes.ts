/** Runs the planned faults, each lane on its own. */

import { maxFaulty } from '@ccro/consensus';
import { anyOf, deadline, pause, Quit } from '@ccro/clock';
import { errorMessage } from '@ccro/foreign-text';
import type { FaultContext } from './fault-context.js';
import type { Fault, Planned } from './planned-fault.js';
import { gatewayFaults, nodeFaults, redisFaults, type PlanOptions } from './schedule.js';
import { injectGatewayFault } from './inject-gateway-fault.js';
import { injectNodeFault } from './inject-node-fault.js';
import { injectRedisFault } from './inject-redis-fault.js';

/** How long faults strike. */
export interface StrikeTime {
  readonly forMs: number;
  /** Longer, until each lane has had every kind it deals once, but not longer than this. */
  readonly atMostMs: number;
  /** Aborts when going on makes no sense. */
  readonly hopeless: AbortSignal;
}

/**
 * Injects until the time is up, and returns when everything has recovered. What does not recover
 * becomes a finding of the timeline, and ends its lane.
 */
export async function runFaults(
  seed: string,
  options: PlanOptions,
  time: StrikeTime,
  parts: Omit<FaultContext, 'timeUp'>,
): Promise<void> {
  const f = maxFaulty(parts.cluster.nodes.length);
  const nodes = Array.from({ length: f }, (_, lane) => nodeFaults(seed, lane, options));
  const redis = redisFaults(seed, options);
  const gateways = gatewayFaults(seed, options);
  const strikes = new Strikes(time, [...nodes, redis, gateways], parts.quit);
  const context = { ...parts, timeUp: strikes.timeUp };
  const lane = <F extends Fault>(
    plan: Iterable<Planned<F>>,
    inject: (fault: F, context: FaultContext) => Promise<void>,
  ): Promise<void> => {
    const whole = (): void => strikes.hadEachKind(plan);
    return runLane(plan, (fault) => inject(fault, context), context, whole).finally(whole);
  };
  await Promise.all([
    ...nodes.map((plan) => lane(plan, injectNodeFault)),
    lane(redis, injectRedisFault),
    lane(gateways, injectGatewayFault),
  ]);
}

/** Ends the time of all lanes. */
class Strikes {
  private readonly ended = new AbortController();
  private readonly everyKind = new AbortController();
  private readonly waiting: Set<unknown>;

  constructor(
    { forMs, atMostMs, hopeless }: StrikeTime,
    plans: readonly Iterable<unknown>[],
    quit: AbortSignal,
  ) {
    this.waiting = new Set(plans);
    const last = deadline(atMostMs, hopeless, quit);
    const enough = [pause(forMs, last), pause(atMostMs, anyOf(last, this.everyKind.signal))];
    void Promise.all(enough).then(() => this.ended.abort());
  }

  get timeUp(): AbortSignal {
    return this.ended.signal;
  }

  /** The lane with this plan has had each of its kinds, or has ended. */
  hadEachKind(plan: Iterable<unknown>): void {
    this.waiting.delete(plan);
    if (this.waiting.size === 0) this.everyKind.abort();
  }
}

async function runLane<F extends Fault>(
  plan: Iterable<Planned<F>>,
  inject: (fault: F) => Promise<void>,
  { timeline, timeUp, quit }: FaultContext,
  hadEachKind: () => void,
): Promise<void> {
  for (const { afterMs, fault, kindsLeft } of plan) {
    await pause(afterMs, timeUp);
    if (timeUp.aborted || quit.aborted) return;
    try {
      await inject(fault);
    } catch (error) {
      if (error instanceof Quit || quit.aborted) return;
      timeline.finding(`after ${fault.kind}: ${errorMessage(error)}`);
      return;
    }
    if (kindsLeft === 0) hadEachKind();
  }
}
