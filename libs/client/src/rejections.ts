import type { RejectCode } from '@ccro/consensus';

/** Why something that reached the client was not used. */
export type ClientRejectCode =
  | RejectCode
  /** A replica said something else about a request before. */
  | 'conflicting-reply'
  /** Meant for another client, or no kind of message that clients take. */
  | 'misdirected';

/** Counts what was rejected, by reason: a peer's fault is data, never an error. */
export class Rejections {
  private readonly counts: Partial<Record<ClientRejectCode, number>> = {};

  count(code: ClientRejectCode): void {
    this.counts[code] = (this.counts[code] ?? 0) + 1;
  }

  /** A copy of the counters; reasons that never occurred are absent. */
  snapshot(): Readonly<Partial<Record<ClientRejectCode, number>>> {
    return { ...this.counts };
  }
}
