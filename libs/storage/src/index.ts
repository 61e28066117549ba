export { directorySize } from './directory-size.js';
export type { ChunkDigests } from './level-content.js';
export type { StoreIdentity } from './level-files.js';
export { LevelStore, type LevelStoreOptions } from './level-store.js';
export { MemoryStore, type DecisionLimits } from './memory-store.js';
export { openStore, type StoreSettings } from './open-store.js';
export type { HeldSnapshot, ReplicaStore } from './replica-store.js';
export { StoreError, type StoreErrorCode } from './store-error.js';
export { StoreImage } from './store-image.js';
