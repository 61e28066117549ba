import type { JSX } from 'preact';
import { Choice } from '../panels/form.js';
import { MILESTONES } from './selection.js';
import { SPEEDS, type Player, type Speed } from './use-player.js';

/** Play, pause, back, forward, jump; each of them has a key as well. */
export function Controls(player: Player): JSX.Element {
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
