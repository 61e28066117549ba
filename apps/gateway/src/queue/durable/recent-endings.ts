import { placesOf } from './packed-answer.js';
import type { Ending, PastEnding } from './recorded-endings.js';

/** Of the places: so many go at once, since the oldest entry of a map is behind all that were removed before it. */
const SLACK = 0.1;

/** An ending that was just recorded. */
interface RecentEnding extends Pick<PastEnding, 'record'>, Ending {
  /** Requests of its entry that are not finished. */
  readonly open: ReadonlySet<string>;
}

interface Kept extends RecentEnding {
  readonly places: number;
  readonly atMs: number;
}

/** The newest endings that were recorded, in case Redis loses them: as many as have the places. */
export class RecentEndings {
  private readonly kept = new Map<string, Kept>();
  /** That they take. */
  private places = 0;

  constructor(private readonly maxPlaces: number) {}

  add(ending: RecentEnding): void {
    const { id, packed } = ending;
    const places = placesOf(packed);
    this.places += places - (this.kept.get(id)?.places ?? 0);
    this.kept.set(id, { ...ending, places, atMs: performance.now() });
    if (this.places <= this.maxPlaces) return;
    const most = Math.ceil(this.maxPlaces * (1 - SLACK));
    for (const [oldest, { places: freed }] of this.kept) {
      if (this.places <= most) return;
      this.kept.delete(oldest);
      this.places -= freed;
    }
  }

  /** The newest first. */
  all(): readonly PastEnding[] {
    const nowMs = performance.now();
    const newestFirst = [...this.kept.values()].reverse();
    return newestFirst.map(({ id, key, packed, record, open, atMs }) => {
      const ageMs = open.size > 0 ? undefined : nowMs - atMs;
      return { id, key, packed, record, ageMs };
    });
  }
}
