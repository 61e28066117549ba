import type { TrafficCount } from '@ccro/broker';
import type { DecidedAnswer } from '@ccro/gateway-app';
import { accusationLines, reportLines } from './consensus-report.js';
import type { GatewayApi } from '../gateway-api.js';
import type { BannerFacts } from './banner.js';

/** What the printer asks the cluster. */
export interface ReportSources {
  /** What was published about the slot of a decision. */
  readonly trafficOf: (sequence: number) => Promise<TrafficCount>;
  readonly gateway: Pick<GatewayApi, 'status' | 'suspects'>;
}

/** Prints the seed's report after each decision, one after another, and who was caught lying. */
export class DecisionPrinter {
  private sources: ReportSources | undefined;
  /** Decided before it began: whoever saw that the gateway runs may be quicker. */
  private readonly early: DecidedAnswer[] = [];
  private current: Promise<void> | undefined;
  private skipped = 0;
  private readonly known = new Set<string>();

  /** @param roles who plays which part, as it was printed last: by the banner at first */
  constructor(
    private readonly print: (line: string) => void,
    private roles: Pick<BannerFacts, 'primary' | 'collector'>,
  ) {}

  /** Says who plays which part now, if it is another: a cluster may go on where it ended. */
  async begin(sources: ReportSources): Promise<void> {
    const { primary, collector } = await sources.gateway.status();
    for (const line of this.newRoles(primary, collector)) this.print(line);
    this.sources = sources;
    for (const decision of this.early.splice(0)) this.decided(decision);
  }

  /**
   * Prints the report of one decision; what is decided while one is being printed is only counted,
   * so that a busy cluster is not slowed down by its own report.
   */
  decided(decision: DecidedAnswer): void {
    const { sources } = this;
    if (sources === undefined) {
      this.early.push(decision);
      return;
    }
    if (this.current !== undefined) {
      this.skipped += 1;
      return;
    }
    this.current = this.report(decision, sources)
      .catch((error: unknown) => this.print(`No report: ${String(error)}`))
      .finally(() => {
        this.current = undefined;
      });
  }

  /** Resolves when the report under way is printed. */
  async finished(): Promise<void> {
    await this.current;
  }

  private async report(
    decision: DecidedAnswer,
    { trafficOf, gateway }: ReportSources,
  ): Promise<void> {
    const { deliveries, deliveredBytes } = await trafficOf(decision.sequence);
    const nodeWith = (role: string): number | undefined =>
      decision.nodes.find((node) => node.role === role)?.id;
    const roles = this.newRoles(nodeWith('commander'), nodeWith('communication'));
    for (const line of roles) this.print(line);
    for (const line of reportLines(decision)) this.print(line);
    this.print(`Messages delivered: ${deliveries} (${deliveredBytes} bytes)`);
    for (const line of this.newAccusations(await gateway.suspects())) this.print(line);
    if (this.skipped > 0) this.print(`(and ${this.skipped} more decisions meanwhile)`);
    this.skipped = 0;
    this.print('');
  }

  /** Lines for roles that others play than was printed last. Nobody is named who is not known. */
  private newRoles(
    primary: number | null | undefined,
    collector: number | null | undefined,
  ): string[] {
    const before = this.roles;
    this.roles = {
      primary: primary ?? before.primary,
      collector: collector ?? before.collector,
    };
    return [
      ...changedRole('commander', this.roles.primary, before.primary),
      ...changedRole('communication node', this.roles.collector, before.collector),
    ];
  }

  private newAccusations(suspects: Parameters<typeof accusationLines>[0]): string[] {
    const fresh = accusationLines(suspects).filter((line) => !this.known.has(line));
    for (const line of fresh) this.known.add(line);
    return fresh;
  }
}

function changedRole(role: string, now: number | undefined, before: number | undefined): string[] {
  if (now === undefined || now === before) return [];
  const replaced = before === undefined ? '' : `, in place of node ${before}`;
  return [`Node ${now} is the ${role} now${replaced}.`];
}
