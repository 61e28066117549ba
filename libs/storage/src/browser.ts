export { MemoryStore, type DecisionLimits } from './memory-store.js';
export type { HeldSnapshot, ReplicaStore } from './replica-store.js';
export type { StoredResult } from './result-pages.js';
export { StoreError, type StoreErrorCode } from './store-error.js';
export { StoreImage } from './store-image.js';
