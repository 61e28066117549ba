import type { Fault } from './faults/planned-fault.js';

/** A fault that was injected. Times in milliseconds since the run began. */
export interface Incident {
  readonly number: number;
  readonly fault: Fault;
  /** `node 2`, `redis`, `gateway 0` */
  readonly target: string;
  /** The part that a node played then: primary, collector or replica. */
  readonly role: string | undefined;
  /** The view then; undefined when nobody could tell. */
  readonly view: number | undefined;
  readonly startMs: number;
  /** When the cause was taken away: started again, thawed, told to behave. */
  healedMs: number | undefined;
  /** When what was hit had recovered: a node that has caught up, a program that answers. */
  overMs: number | undefined;
  /** How one saw that it took effect, in words; undefined while nobody did. */
  showed: string | undefined;
  /** What else there is to say, in order. */
  readonly notes: string[];
}

/** Told of incidents as they happen. */
export interface TimelineListener {
  onInjected(incident: Incident): void;
  onOver(incident: Incident): void;
  /** Something that should not have happened. */
  onFinding(text: string): void;
}

/** Everything that was done to the cluster. */
export class Timeline {
  readonly incidents: Incident[] = [];
  /** Whatever should not have happened, in words. Empty in a good run. */
  readonly findings: string[] = [];

  /** @param nowMs milliseconds since the run began */
  constructor(
    readonly nowMs: () => number,
    private readonly listener: TimelineListener,
  ) {}

  /** @param role and view as in `Incident` */
  injected(fault: Fault, target: string, role?: string, view?: number): Incident {
    const begun: Incident = {
      fault,
      target,
      role,
      view,
      number: this.incidents.length + 1,
      startMs: this.nowMs(),
      healedMs: undefined,
      overMs: undefined,
      showed: undefined,
      notes: [],
    };
    this.incidents.push(begun);
    this.listener.onInjected(begun);
    return begun;
  }

  healed(incident: Incident): void {
    incident.healedMs = this.nowMs();
  }

  over(incident: Incident): void {
    incident.overMs = this.nowMs();
    this.listener.onOver(incident);
  }

  finding(text: string): void {
    this.findings.push(text);
    this.listener.onFinding(text);
  }
}
