import type { TrafficCount } from '@ccro/broker';
import type { DecidedRequest } from '../launch/running-cluster.js';
import { accusationLines, reportLines } from './consensus-report.js';
import type { GatewayApi } from '../gateway-api.js';

/** What the printer asks the cluster. */
export interface ReportSources {
  /** What was published about the slot of a decision. */
  readonly trafficOf: (sequence: number) => Promise<TrafficCount>;
  readonly gateway: Pick<GatewayApi, 'status' | 'suspects'>;
}

/** Who plays which part, as it was printed last. */
export interface ShownRoles {
  readonly commander: number;
  /** Undefined where there is none (PBFT), or it is not known. */
  readonly communication: number | undefined;
}

/** Prints the seed's report after each decision, one after another, and who was caught lying. */
export class DecisionPrinter {
  private current: Promise<void> | undefined;
  private skipped = 0;
  private readonly known = new Set<string>();

  /** @param roles as the banner says it */
  constructor(
    private readonly print: (line: string) => void,
    private readonly sources: ReportSources,
    private roles: ShownRoles,
  ) {}

  /** Says who plays which part now, if it is another: a cluster may go on where it ended. */
  async begin(): Promise<void> {
    const { primary, collector } = await this.sources.gateway.status();
    for (const line of this.newRoles(primary, collector)) this.print(line);
  }

  /**
   * Prints the report of one decision; what is decided while one is being printed is only counted,
   * so that a busy cluster is not slowed down by its own report.
   */
  decided(decision: DecidedRequest): void {
    if (this.current !== undefined) {
      this.skipped += 1;
      return;
    }
    this.current = this.report(decision)
      .catch((error: unknown) => this.print(`No report: ${String(error)}`))
      .finally(() => {
        this.current = undefined;
      });
  }

  /** Resolves when the report under way is printed. */
  async finished(): Promise<void> {
    await this.current;
  }

  private async report(decision: DecidedRequest): Promise<void> {
    const { deliveries, deliveredBytes } = await this.sources.trafficOf(decision.sequence);
    const nodeWith = (role: string): number | undefined =>
      decision.nodes.find((node) => node.role === role)?.id;
    const roles = this.newRoles(nodeWith('commander'), nodeWith('communication'));
    for (const line of roles) this.print(line);
    for (const line of reportLines(decision)) this.print(line);
    this.print(`Messages delivered: ${deliveries} (${deliveredBytes} bytes)`);
    for (const line of await this.newAccusations()) this.print(line);
    if (this.skipped > 0) this.print(`(and ${this.skipped} more decisions meanwhile)`);
    this.skipped = 0;
    this.print('');
  }

  /** Lines for roles that others play than was printed last. Nobody is named who is not known. */
  private newRoles(
    commander: number | null | undefined,
    communication: number | null | undefined,
  ): string[] {
    const before = this.roles;
    this.roles = {
      commander: commander ?? before.commander,
      communication: communication ?? before.communication,
    };
    return [
      ...changedRole('commander', this.roles.commander, before.commander),
      ...changedRole('communication node', this.roles.communication, before.communication),
    ];
  }

  private async newAccusations(): Promise<string[]> {
    const lines = accusationLines(await this.sources.gateway.suspects());
    const fresh = lines.filter((line) => !this.known.has(line));
    for (const line of fresh) this.known.add(line);
    return fresh;
  }
}

function changedRole(role: string, now: number | undefined, before: number | undefined): string[] {
  if (now === undefined || now === before) return [];
  const replaced = before === undefined ? '' : `, in place of node ${before}`;
  return [`Node ${now} is the ${role} now${replaced}.`];
}
