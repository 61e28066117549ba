export { MemoryStore } from './memory-store.js';
export type { ReplicaStore, StoredDecision } from './replica-store.js';
