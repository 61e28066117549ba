import type { VoteRouter } from '../model/ports.js';

/** PBFT: every vote goes to everyone, everyone assembles certificates for itself. */
export const allToAll: VoteRouter = { mode: 'pbft', gatherer: () => undefined };
