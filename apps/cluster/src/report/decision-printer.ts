import type { TrafficCount } from '@ccro/broker';
import { primaryOf } from '@ccro/consensus';
import type { DecidedRequest } from '../launch/running-cluster.js';
import { accusationLines, reportLines } from './consensus-report.js';
import type { GatewayApi } from '../gateway-api.js';

/** Prints the seed's report after each decision, one after another, and who was caught lying. */
export class DecisionPrinter {
  private current: Promise<void> | undefined;
  private skipped = 0;
  private traffic: TrafficCount = { published: 0, deliveries: 0, deliveredBytes: 0 };
  private readonly known = new Set<string>();
  private view = 0;

  constructor(
    private readonly print: (line: string) => void,
    private readonly readTraffic: () => Promise<TrafficCount>,
    private readonly gateway: GatewayApi,
  ) {}

  /** Counts traffic from here on: what starting up cost belongs to no decision. */
  async begin(): Promise<void> {
    this.traffic = await this.readTraffic();
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
    const now = await this.readTraffic();
    const deliveries = now.deliveries - this.traffic.deliveries;
    const bytes = now.deliveredBytes - this.traffic.deliveredBytes;
    for (const line of this.newCommander(decision)) this.print(line);
    for (const line of reportLines(decision)) this.print(line);
    this.print(`Messages delivered: ${deliveries} (${bytes} bytes)`);
    for (const line of await this.newAccusations()) this.print(line);
    if (this.skipped > 0) this.print(`(and ${this.skipped} more decisions meanwhile)`);
    this.skipped = 0;
    this.print('');
    this.traffic = await this.readTraffic();
  }

  private newCommander({ view, nodes }: DecidedRequest): string[] {
    const before = primaryOf(this.view, nodes.length);
    const now = primaryOf(view, nodes.length);
    const changed = view !== this.view;
    this.view = view;
    return changed ? [`Node ${now} is the commander now, in place of node ${before}.`] : [];
  }

  private async newAccusations(): Promise<string[]> {
    const lines = accusationLines(await this.gateway.suspects());
    const fresh = lines.filter((line) => !this.known.has(line));
    for (const line of fresh) this.known.add(line);
    return fresh;
  }
}
