import type { RecordedStep, Recording } from '@ccro/simulator';
import { afterStep, knowledgeAtStart, type Knowledge } from './knowledge.js';

/** Steps between two states that are kept: one in between is found again from there. */
const KEPT_EVERY = 128;

/** The steps of a recording and what is known after each: forward and back cost the same. */
export class Timeline {
  private readonly kept: Knowledge[] = [];

  constructor(readonly recording: Recording) {
    this.kept.push(knowledgeAtStart(recording));
  }

  get length(): number {
    return this.recording.steps.length;
  }

  step(index: number): RecordedStep | undefined {
    return this.recording.steps[index];
  }

  /** What is known after step `index`; -1: before the first. */
  after(index: number): Knowledge {
    const { steps, n } = this.recording;
    const last = Math.min(index, steps.length - 1);
    const from = Math.min(Math.floor((last + 1) / KEPT_EVERY), this.kept.length - 1);
    let knowledge = this.kept[from] ?? knowledgeAtStart(this.recording);
    for (let at = from * KEPT_EVERY; at <= last; at += 1) {
      const step = steps[at];
      if (step !== undefined) knowledge = afterStep(knowledge, step, n);
      if ((at + 1) % KEPT_EVERY === 0) this.kept[(at + 1) / KEPT_EVERY] ??= knowledge;
    }
    return knowledge;
  }
}
