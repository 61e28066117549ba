import type { StateMachine } from '@ccro/consensus';

/** The whole state of a machine, put together from the changes it reported. */
export class Content {
  private readonly chunks = new Map<string, string>();

  /** Adds what changed since the last time, and gives the whole, without empty chunks. */
  after(machine: StateMachine): ReadonlyMap<string, string> {
    for (const [name, text] of machine.takeChanges()) {
      if (text === '') this.chunks.delete(name);
      else this.chunks.set(name, text);
    }
    return new Map(this.chunks);
  }
}

/** The whole state of a machine whose changes were never taken before. */
export function contentOf(machine: StateMachine): ReadonlyMap<string, string> {
  return new Content().after(machine);
}
