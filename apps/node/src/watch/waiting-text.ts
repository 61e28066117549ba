import type { Waiting } from '@ccro/consensus';
import { takesNoPartText } from '../replica/settings-text.js';

/** What the log says a node waits for, with numbers. */
export function waitingText(waiting: Waiting): string {
  switch (waiting.kind) {
    case 'agreement':
      return `waits for ${more(waiting.required - waiting.heard, 'node')} to say that they have the same cluster file`;
    case 'settings':
      return takesNoPartText(waiting.differing);
    case 'state': {
      const { sequence, received, chunks } = waiting;
      const share =
        chunks === undefined
          ? 'the list of its chunks'
          : `${received} of ${chunks} chunks are here`;
      return `catching up: fetching the state at ${sequence}, ${share}`;
    }
    case 'decisions': {
      const { lastExecuted, ahead } = waiting;
      return `catching up: executed ${lastExecuted}, the others ${ahead} or more`;
    }
    case 'view': {
      const { view, primary, asking, required } = waiting;
      const missing = required - asking;
      const rest =
        missing > 0 ? `${more(missing, 'node')} must ask for it` : `node ${primary} must begin it`;
      return `waits for view ${view}: ${asking} of ${required} ask for it, ${rest}`;
    }
    case 'reports':
      return `waits for ${more(waiting.required - waiting.heard, 'node')} to say where they are, to be primary`;
    case 'votes': {
      const { view, sequence, phase, votes, required } = waiting;
      const missing = Math.max(0, required - votes);
      const what = missing === 0 ? 'the votes of all' : more(missing, `${phase} vote`);
      return `waits for ${what} in view ${view}, slot ${sequence}`;
    }
    case 'certificate': {
      const { view, sequence, phase, collector } = waiting;
      return `waits for the ${phase} certificate of node ${collector} in view ${view}, slot ${sequence}`;
    }
    case 'proposal': {
      const { view, primary, requests } = waiting;
      return `waits for node ${primary} to propose ${requests} ${requests === 1 ? 'request' : 'requests'} in view ${view}`;
    }
  }
}

function more(count: number, what: string): string {
  return `${count} more ${what}${count === 1 ? '' : 's'}`;
}
