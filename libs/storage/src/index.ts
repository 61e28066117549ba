export * from './browser.js';
export { directorySize, SharedDirectorySize } from './directory-size.js';
export type { ChunkDigests } from './level-content.js';
export type { StoreIdentity } from './level-files.js';
export { LevelStore, type LevelStoreOptions } from './level-store.js';
export { openStore, type StoreSettings } from './open-store.js';
