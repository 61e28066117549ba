/** Which steps are shown, and which are worth jumping to. */

import type { Happening, RecordedStep } from '@ccro/simulator';
import { titleOf } from './words.js';

/** Kinds of steps as people think of them. */
export const TOPICS = {
  messages: 'messages sent',
  arrivals: 'messages received',
  votes: 'proposals, votes, certificates',
  decisions: 'decisions',
  views: 'changes of view',
  lies: 'lies and who noticed',
  surroundings: 'what is done to the cluster',
} as const;

export type Topic = keyof typeof TOPICS;

const TOPIC_OF: Readonly<Record<Happening['kind'], Topic>> = {
  sent: 'messages',
  received: 'arrivals',
  accepted: 'votes',
  voted: 'votes',
  certified: 'votes',
  executed: 'decisions',
  decided: 'decisions',
  progress: 'views',
  withheld: 'lies',
  evidence: 'lies',
  violated: 'lies',
  fault: 'lies',
  rejected: 'arrivals',
  stopped: 'surroundings',
  'power-off': 'surroundings',
  started: 'surroundings',
  note: 'surroundings',
};

/** What is shown: all that fulfils each of these. */
export interface Selection {
  readonly text: string;
  readonly node: number | undefined;
  readonly topic: Topic | undefined;
}

export const EVERYTHING: Selection = { text: '', node: undefined, topic: undefined };

/** Indexes of the steps that are shown, ascending. */
export function selected(steps: readonly RecordedStep[], selection: Selection): number[] {
  const text = selection.text.trim().toLowerCase();
  const indexes: number[] = [];
  steps.forEach((step, index) => {
    const { node, topic } = selection;
    if (topic !== undefined && !isAbout(step, topic)) return;
    if (node !== undefined && !concerns(step, node)) return;
    if (text !== '' && !titleOf(step).toLowerCase().includes(text)) return;
    indexes.push(index);
  });
  return indexes;
}

function isAbout(step: RecordedStep, topic: Topic): boolean {
  return TOPIC_OF[step.kind] === topic || (topic === 'lies' && step.kind === 'sent' && step.lie);
}

function concerns(step: RecordedStep, node: number): boolean {
  if (step.kind === 'sent') return step.from === node || step.reaches.includes(node);
  if (step.kind === 'evidence') return step.node === node || step.accused === node;
  return 'node' in step && step.node === node;
}

/** What one may want to see next. */
export const MILESTONES = [
  { milestone: 'decision', title: 'Decision', key: 'd' },
  { milestone: 'view', title: 'Change of view', key: 'v' },
  { milestone: 'lie', title: 'Lie', key: 'l' },
  { milestone: 'noticed', title: 'Somebody notices', key: 'n' },
] as const;

export type Milestone = (typeof MILESTONES)[number]['milestone'];

export function isMilestone(step: RecordedStep, milestone: Milestone): boolean {
  switch (milestone) {
    case 'decision':
      return step.kind === 'decided' || step.kind === 'executed';
    case 'view':
      return step.kind === 'progress' && /-view$/.test(step.progress.kind);
    case 'lie':
      return step.kind === 'withheld' || (step.kind === 'sent' && step.lie);
    case 'noticed':
      return (
        step.kind === 'evidence' ||
        step.kind === 'violated' ||
        (step.kind === 'progress' && step.progress.kind === 'left-view')
      );
  }
}

/** The next such step after `index`, or before it, of those at `shown`. @param by 1 or -1 */
export function nextMilestone(
  steps: readonly RecordedStep[],
  shown: readonly number[],
  index: number,
  milestone: Milestone,
  by: 1 | -1,
): number | undefined {
  const isOne = (at: number): boolean => {
    const step = steps[at];
    return step !== undefined && isMilestone(step, milestone);
  };
  return by === 1
    ? shown.find((at) => at > index && isOne(at))
    : shown.findLast((at) => at < index && isOne(at));
}
