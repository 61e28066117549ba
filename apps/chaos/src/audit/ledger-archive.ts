import { z } from 'zod';
import { httpCall } from '../http/http-call.js';
import { pause } from '@ccro/clock';

const PAGE = 100;
const PAGE_TIMEOUT_MS = 10_000;
const POLL_MS = 500;

const requestSchema = z
  .object({ client: z.string(), timestamp: z.int(), operation: z.string() })
  .transform((request) => ({ ...request, id: `${request.client}-${request.timestamp}` }));

const slotSchema = z.object({
  sequence: z.int().min(1),
  digest: z.string(),
  requests: z.array(requestSchema),
});

const pageSchema = z.object({ decisions: z.array(slotSchema) });

/** A request with the id that the gateway names it by: client and timestamp. */
export type LedgerRequest = Readonly<z.infer<typeof requestSchema>>;

/** A decided slot. */
export type LedgerSlot = Readonly<z.infer<typeof slotSchema>>;

/**
 * Reads the ledger through the gateways while it grows. Nodes that are replaced lose the slots below
 * the state that they fetch, so at the end no node might have the first ones.
 */
export class LedgerArchive {
  /** Slot 1 at index 0. */
  readonly slots: LedgerSlot[] = [];
  /** Answers of a gateway that are no ledger. */
  readonly findings: string[] = [];
  private turn = 0;

  constructor(private readonly gatewayUrls: () => readonly string[]) {}

  /** Follows the ledger until `stop` aborts. */
  async follow(stop: AbortSignal): Promise<void> {
    while (!stop.aborted) {
      const added = await this.readPage();
      if (added < PAGE) await pause(POLL_MS, stop);
    }
  }

  /** Reads on, up to `sequence`. @returns whether it got there */
  async readUpTo(sequence: number, giveUp: AbortSignal): Promise<boolean> {
    while (this.slots.length < sequence && !giveUp.aborted) {
      if ((await this.readPage()) === 0) await pause(POLL_MS / 5, giveUp);
    }
    return this.slots.length >= sequence;
  }

  /** @returns how many slots were added */
  private async readPage(): Promise<number> {
    const urls = this.gatewayUrls();
    this.turn += 1;
    const url = urls[this.turn % Math.max(urls.length, 1)];
    if (url === undefined) return 0;
    const from = this.slots.length + 1;
    const path = `/ledger?from=${from}&limit=${PAGE}`;
    const { status, body } = await httpCall(url, 'GET', path, { timeoutMs: PAGE_TIMEOUT_MS });
    return status === undefined || status === 503 ? 0 : this.add(from, status, body);
  }

  private add(from: number, status: number, body: unknown): number {
    const page = pageSchema.safeParse(body).data;
    const inOrder = page?.decisions.every(({ sequence }, index) => sequence === from + index);
    if (status !== 200 || page === undefined || inOrder !== true) {
      this.findings.push(
        `GET /ledger?from=${from}: HTTP ${status}, ${JSON.stringify(body).slice(0, 300)}`,
      );
      return 0;
    }
    this.slots.push(...page.decisions);
    return page.decisions.length;
  }
}
