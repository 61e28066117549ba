import { stateSettings } from '@ccro/cluster-config';
import { createDigests } from '@ccro/crypto';
import type { Restored } from '@ccro/consensus';
import { processDescriptors } from '@ccro/program';
import { openStore, type ReplicaStore } from '@ccro/storage';
import type { NodeOptions } from '../node-options.js';

/** Injection token of {@link OpenedStore}. */
export const OPENED_STORE = Symbol('OPENED_STORE');

/** A node's store with what an earlier run left in it. */
export interface OpenedStore {
  readonly store: ReplicaStore;
  /** Undefined when nothing was stored before. */
  readonly restored: Restored | undefined;
  /** To be called when the store was closed: what it may keep open is free for others. */
  readonly release: () => void;
}

/**
 * A store on disk may keep open what the process's limit leaves it, which is set aside until `release`.
 *
 * @throws StoreError when the node must not start from what is there
 */
export async function openNodeStore({ storage, facts, self }: NodeOptions): Promise<OpenedStore> {
  const settings = stateSettings(facts.settings);
  const identity = { cluster: facts.cluster, replica: self, settings };
  const descriptors = processDescriptors();
  const maxOpenFiles = storage.durability === 'memory' ? 0 : descriptors.reserveStore();
  const bounds = storage.durability === 'memory' ? storage : { ...storage, maxOpenFiles };
  const release = (): void => descriptors.releaseStore(maxOpenFiles);
  try {
    const store = await openStore(bounds, identity, createDigests());
    return { store, restored: await store.restore(), release };
  } catch (error) {
    release();
    throw error;
  }
}
