import type { ChunkDigests } from './level-content.js';
import type { StoreIdentity } from './level-files.js';
import { type DiskSettings, LevelStore } from './level-store.js';
import { MemoryStore } from './memory-store.js';
import type { ReplicaStore } from './replica-store.js';

/** Where a replica's records go, and what they survive; see `DURABILITY`. */
export type StoreSettings = { readonly durability: 'memory' } | DiskSettings;

/** @throws StoreError when there is a store that cannot be used */
export async function openStore(
  settings: StoreSettings,
  identity: StoreIdentity,
  digests: ChunkDigests,
): Promise<ReplicaStore> {
  if (settings.durability === 'memory') return new MemoryStore();
  return LevelStore.open({ ...settings, identity, digests });
}
