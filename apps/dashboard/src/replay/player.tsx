import type { RecordedStep } from '@ccro/simulator';
import type { JSX } from 'preact';
import { useEffect, useLayoutEffect, useState } from 'preact/hooks';
import { Choice } from '../panels/form.js';
import { MILESTONES, nextMilestone, type Milestone } from './selection.js';

/** Time between two steps, by name, ms. */
const SPEEDS = { slow: 1_600, normal: 700, fast: 120 } as const;
type Speed = keyof typeof SPEEDS;

/**
 * Goes through steps, by itself or by hand and by keyboard.
 *
 * @param shown indexes of the selected steps, ascending: all others are passed over
 */
export function usePlayer(steps: readonly RecordedStep[], shown: readonly number[], first: number) {
  /** The step that is shown. */
  const [index, setIndex] = useState(first);
  const [playing, setPlaying] = useState(false);
  const [speed, setSpeed] = useState<Speed>('normal');

  // From whatever is shown by then: keys may come faster than the page is drawn.
  const from = (next: (current: number) => number | undefined): void => {
    setPlaying(false);
    setIndex((current) => next(current) ?? current);
  };
  /** Shows a step, and stops playing. */
  const show = (to: number): void => from(() => Math.max(0, Math.min(to, steps.length - 1)));
  /** To the next of the selected steps, or the one before. */
  const move = (by: 1 | -1): void => from((current) => neighbour(shown, current, by));
  const toMilestone = (milestone: Milestone, by: 1 | -1): void =>
    from((current) => nextMilestone(steps, shown, current, milestone, by));
  const toggle = (): void => setPlaying((current) => !current);

  useEffect(() => {
    if (!playing) return undefined;
    const timer = setTimeout(() => {
      const next = neighbour(shown, index, 1);
      if (next === undefined) setPlaying(false);
      else setIndex(next);
    }, SPEEDS[speed]);
    return () => clearTimeout(timer);
  }, [playing, index, speed, shown]);

  // Not after it is drawn: who sees the page may press a key at once.
  useLayoutEffect(() => {
    const press = (event: KeyboardEvent): void => {
      if (event.altKey || event.ctrlKey || event.metaKey || event.defaultPrevented) return;
      if (isTyping(event.target) || !isHere(event.target)) return;
      const action = actionOf(event);
      if (action === undefined) return;
      event.preventDefault();
      action();
    };
    const actionOf = ({ key, target }: KeyboardEvent): (() => void) | undefined => {
      switch (key) {
        case 'ArrowRight':
          return () => move(1);
        case 'ArrowLeft':
          return () => move(-1);
        case 'Home':
          return () => show(shown[0] ?? 0);
        case 'End':
          return () => show(shown.at(-1) ?? 0);
        case ' ':
          return playsOnSpace(target) ? toggle : undefined;
      }
      const found = MILESTONES.find((each) => each.key === key.toLowerCase());
      if (found === undefined) return undefined;
      return () => toMilestone(found.milestone, key === found.key ? 1 : -1);
    };
    addEventListener('keydown', press);
    return () => removeEventListener('keydown', press);
  });

  const { length } = steps;
  return { index, length, playing, speed, setSpeed, show, move, toMilestone, toggle };
}

/** The nearest of the selected steps on one side of `index`. */
function neighbour(shown: readonly number[], index: number, by: 1 | -1): number | undefined {
  return by === 1 ? shown.find((each) => each > index) : shown.findLast((each) => each < index);
}

/** Whether a key is meant for the replay: focus is in it, or on nothing in particular. */
function isHere(target: EventTarget | null): boolean {
  return !(target instanceof Element) || target.matches('body, main, .replay *');
}

/** On buttons, links and summaries the space bar does what it does elsewhere. */
function playsOnSpace(target: EventTarget | null): boolean {
  const here = 'body, main, input[type="range"], .time-line, .time-line *';
  return !(target instanceof Element) || target.matches(here);
}

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLTextAreaElement ||
    target instanceof HTMLSelectElement ||
    (target instanceof HTMLInputElement && target.type !== 'range')
  );
}

/** Play, pause, back, forward, jump; each of them has a key as well. */
export function Controls(player: ReturnType<typeof usePlayer>): JSX.Element {
  const { index, length, playing, speed, setSpeed, show, move, toMilestone, toggle } = player;
  return (
    <div class="controls" role="group" aria-label="Playing">
      <div class="row">
        <button type="button" aria-keyshortcuts="ArrowLeft" onClick={() => move(-1)}>
          Back
        </button>
        <button type="button" aria-keyshortcuts="Space" onClick={toggle}>
          {playing ? 'Pause' : 'Play'}
        </button>
        <button type="button" aria-keyshortcuts="ArrowRight" onClick={() => move(1)}>
          Forward
        </button>
        <Choice
          label="Speed"
          options={Object.keys(SPEEDS) as Speed[]}
          value={speed}
          onChange={setSpeed}
        />
        <span data-testid="position">
          Step {index + 1} of {length}
        </span>
      </div>
      <input
        type="range"
        aria-label="Place in the run"
        min={0}
        max={length - 1}
        value={index}
        onInput={(event) => show(Number(event.currentTarget.value))}
      />
      <div class="row">
        {MILESTONES.map(({ milestone, title, key }) => (
          <button
            key={milestone}
            type="button"
            class="plain"
            aria-keyshortcuts={key}
            title={`Key ${key}; with Shift the one before`}
            onClick={() => toMilestone(milestone, 1)}
          >
            Next: {title.toLowerCase()}
          </button>
        ))}
      </div>
    </div>
  );
}
