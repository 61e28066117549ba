import type { ExperimentPlan, ExperimentRow, PlanRequest } from '@ccro/experiment';
import { call } from '../connection/gateway.js';

export interface ExperimentSummary {
  readonly id: string;
  readonly state: 'waiting' | 'running' | 'completed' | 'failed' | 'cancelled';
  readonly plan: ExperimentPlan;
  readonly progress: {
    readonly cells: number;
    readonly done: number;
    readonly current: string | null;
  };
  readonly createdAt: string;
  readonly reason: string | null;
}

export interface Experiment extends ExperimentSummary {
  readonly rows: readonly ExperimentRow[];
}

/** @throws GatewayProblem */
export async function createExperiment(request: PlanRequest): Promise<Experiment> {
  return (await call('POST', '/experiments', JSON.stringify(request))) as Experiment;
}

/** The newest first. @throws GatewayProblem */
export async function listExperiments(): Promise<readonly ExperimentSummary[]> {
  const answer = (await call('GET', '/experiments')) as {
    readonly experiments: readonly ExperimentSummary[];
  };
  return answer.experiments;
}

/** @throws GatewayProblem */
export async function readExperiment(id: string): Promise<Experiment> {
  return (await call('GET', pathOf(id))) as Experiment;
}

/** @throws GatewayProblem */
export async function cancelExperiment(id: string): Promise<Experiment> {
  return (await call('DELETE', pathOf(id))) as Experiment;
}

/** Where the gateway has it. */
export function pathOf(id: string): string {
  return `/experiments/${id}`;
}

export function isOver({ state }: ExperimentSummary): boolean {
  return state !== 'waiting' && state !== 'running';
}
