/** Requests on their way at first, and at the least. */
const MIN_SIZE = 256;

/**
 * How many requests may be on their way, as TCP does it (RFC 5681, slow start): it doubles each
 * time that as many are decided, and is halved when something has to be sent again. A cluster that
 * has just started, or is busy with something else, would otherwise get more at once than it
 * works off before its backups suspect the primary.
 */
export class CongestionWindow {
  private size = MIN_SIZE;
  private underWay = 0;

  /** How many more may be sent now. */
  get room(): number {
    return Math.max(0, this.size - this.underWay);
  }

  sent(): void {
    this.underWay += 1;
  }

  /** A request that was sent is decided. */
  decided(): void {
    this.underWay -= 1;
    this.size += 1;
  }

  /** A request that was sent is given up. */
  abandoned(): void {
    this.underWay -= 1;
  }

  /** Something was not decided in time. */
  congested(): void {
    this.size = Math.max(MIN_SIZE, Math.floor(this.size / 2));
  }
}
