/**
 * The files of a store: LevelDB's, and beside them the number of the newest confirmed batch.
 */

import { differingSettings, type Settings } from '@ccro/consensus';
import { makeDirectory } from '@ccro/files';
import { ClassicLevel } from 'classic-level';
import { existsSync } from 'node:fs';
import { chmod, open, readdir } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { readChecked, withChecksum } from './checked-value.js';
import { ConfirmedFile } from './confirmed-file.js';
import { Damage, StoreError } from './store-error.js';

export type Level = ClassicLevel<string, string>;

/** Whose store it is. */
export interface StoreIdentity {
  readonly cluster: string;
  readonly replica: number;
  /** What the state in it follows from beside the requests: other settings come to another one. */
  readonly settings?: Settings | undefined;
}

export interface LevelFiles {
  readonly db: Level;
  readonly confirmed: ConfirmedFile;
}

/** What each batch says of the store as it leaves it. */
export interface BatchValue {
  /** From 1, without gaps; the first one is the store's creation. */
  readonly number: number;
  /** How many entries a restarting replica needs, and the sum of their checksums. */
  readonly entries: number;
  readonly checksums: number;
}

/** Says whose store it is, and how to read it. */
const OWNER = 'owner';
const BATCH = 'batch';
const FORMAT = 2;
/** Had results in the entries of decisions. They are read, and what is new is written as now. */
const EARLIER_FORMAT = 1;

/** Little is read twice: replicas that are behind read the state and decisions from end to end. */
const CACHE_BYTES = 1024 * 1024;

/** A directory for its owner alone. */
const PRIVATE = 0o700;

/** Tables are kept open up to this number, as LevelDB does unless it is told otherwise. */
const DEFAULT_OPEN_FILES = 1000;

/** LevelDB's logs and tables. */
const DATA_FILE = /\.(?:log|ldb|sst)$/;

/** Keys of the store itself: all others are those of entries. */
export const STORE_KEYS: ReadonlySet<string> = new Set([OWNER, BATCH]);

/**
 * Opens the files in `directory`, or makes them if there are none. LevelDB's lock is held from
 * here on, so everything that matters is looked at after it was taken.
 *
 * @throws StoreError `foreign`, Damage, or what LevelDB or the file system says
 */
export async function openFiles(
  directory: string,
  identity: StoreIdentity,
  maxOpenFiles = DEFAULT_OPEN_FILES,
): Promise<LevelFiles> {
  const records = join(directory, 'records');
  const confirmedPath = join(directory, 'confirmed');
  // What a replica signed is nobody else's to read: an earlier version let everybody in.
  const made = makeDirectory(records, PRIVATE);
  for (const each of [directory, records]) await chmod(each, PRIVATE);
  const createIfMissing = !existsSync(confirmedPath);
  await refuseHeadless(records, createIfMissing);
  const db: Level = new ClassicLevel(records, {
    createIfMissing,
    cacheSize: CACHE_BYTES,
    maxOpenFiles,
  });
  await db.open();
  let confirmed: ConfirmedFile | undefined;
  try {
    if (existsSync(confirmedPath)) {
      confirmed = ConfirmedFile.open(confirmedPath);
      await takeOver(db, checkOwner(await db.get(OWNER), identity, directory));
    } else {
      await create(db, identity);
      confirmed = ConfirmedFile.create(confirmedPath, 1);
      await syncDirectories(directory, made);
    }
    return { db, confirmed };
  } catch (error) {
    confirmed?.close();
    await db.close();
    throw error;
  }
}

/** The newest batch. @throws Damage when there is none */
export async function newestBatch(db: Level): Promise<BatchValue> {
  const text = await db.get(BATCH);
  if (text === undefined) throw new Damage('it does not say how far it goes');
  return readChecked(BATCH, text).value as BatchValue;
}

/** How a batch is stored. */
export function batchEntry(batch: BatchValue): { readonly key: string; readonly value: string } {
  return { key: BATCH, value: withChecksum(BATCH, batch).text };
}

/** Without the file that names the others LevelDB would take an old database for a new one. */
async function refuseHeadless(records: string, mayBeNew: boolean): Promise<void> {
  const names = await readdir(records);
  if (names.includes('CURRENT')) return;
  if (mayBeNew && !names.some((name) => DATA_FILE.test(name))) return;
  throw new Damage('the file "CURRENT" is missing');
}

/** A store whose making was interrupted is made once more: nobody has relied on it. */
async function create(db: Level, identity: StoreIdentity): Promise<void> {
  const [anything] = await db.keys({ limit: 1 }).all();
  if (anything !== undefined && (await newestBatch(db)).number > 1) {
    throw new Damage('the file "confirmed" is missing');
  }
  const owner = withChecksum(OWNER, { format: FORMAT, ...identity }).text;
  const first = batchEntry({ number: 1, entries: 0, checksums: 0 });
  await db.batch(
    [
      { type: 'put', key: OWNER, value: owner },
      { type: 'put', ...first },
    ],
    { sync: true },
  );
}

interface Owner extends StoreIdentity {
  readonly format: number;
}

/** A version that does not know the present format must not take what it lacks there for damage. */
async function takeOver(db: Level, owner: Owner): Promise<void> {
  if (owner.format === FORMAT) return;
  const { text } = withChecksum(OWNER, { ...owner, format: FORMAT } satisfies Owner);
  await db.put(OWNER, text, { sync: true });
}

function checkOwner(text: string | undefined, identity: StoreIdentity, directory: string): Owner {
  if (text === undefined) throw new Damage('it does not say whose it is');
  const owner = readChecked(OWNER, text).value as Owner;
  const { format, cluster, replica } = owner;
  if (format !== FORMAT && format !== EARLIER_FORMAT) {
    throw new StoreError(
      'foreign',
      `the store in ${directory} has format ${format}, and this version reads formats ` +
        `${EARLIER_FORMAT} and ${FORMAT}: ` +
        'use the version that wrote it, or another directory',
    );
  }
  if (cluster === identity.cluster && replica === identity.replica) {
    checkSettings(owner, identity, directory);
    return owner;
  }
  throw new StoreError(
    'foreign',
    `the store in ${directory} belongs to node ${replica} of cluster ${JSON.stringify(cluster)}, ` +
      `not to node ${identity.replica} of cluster ${JSON.stringify(identity.cluster)}: ` +
      'use another directory',
  );
}

/** Stores of earlier versions do not say. */
function checkSettings(
  { settings }: StoreIdentity,
  { settings: given = settings }: StoreIdentity,
  directory: string,
): void {
  const differing = differingSettings(settings ?? given ?? [], given ?? []);
  if (differing.length === 0) return;
  throw new StoreError(
    'foreign',
    `the store in ${directory} was written with another cluster file, with other ` +
      `${differing.join(', ')}, from which the state follows: start the node with the file that it ` +
      'had, which all nodes must have, or make a new cluster',
  );
}

/** The names of new files survive a crash of the machine only once their directories are synced. */
async function syncDirectories(directory: string, made: string | undefined): Promise<void> {
  const last = made === undefined ? resolve(directory) : dirname(resolve(made));
  for (let each = resolve(directory); ; each = dirname(each)) {
    const handle = await open(each, 'r');
    await handle.sync();
    await handle.close();
    if (each === last) return;
  }
}
