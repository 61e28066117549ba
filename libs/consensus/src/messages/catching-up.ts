/** What replicas tell and ask each other besides ordering requests. */

import { type Declaration, kind, layout, type MessageOf } from './declaration.js';
import {
  bool,
  digest,
  list,
  name,
  named,
  nullable,
  positive,
  replica,
  signature,
  text,
  u32,
  u64,
} from './fields.js';
import {
  MAX_CHUNK_NAME_CHARACTERS,
  MAX_CHUNK_PART_CHARACTERS,
  MAX_MESSAGE_BYTES,
  MAX_SETTING_CHARACTERS,
  MAX_SETTINGS,
  MAX_SMALL_MESSAGE_BYTES,
} from './limits.js';

/** Name of a setting and a part of its digest. */
export const SETTING = /^[A-Za-z]{1,32}:[0-9a-f]{16}$/;

/** Name of the chunk; the empty name stands for the manifest, which lists the others. */
const chunk = named(
  new RegExp(`^[A-Za-z0-9_/.-]{0,${MAX_CHUNK_NAME_CHARACTERS}}$`),
  MAX_CHUNK_NAME_CHARACTERS,
);

const STATUS = kind({
  code: 12,
  by: 'replica',
  takenBy: 'core',
  channel: "broadcast, or one replica's",
  inAnyCodec: true,
  maxBytes: MAX_SMALL_MESSAGE_BYTES,
  fields: {
    replica,
    view: u64,
    lastExecuted: u64,
    /** Rotates who answers, see `routing/answerers.ts`. */
    attempt: u64,
    /** "Answer me with your own status": a primary that has just started wants to know. */
    asks: bool,
    /** What the sender was told of the cluster, see `taking-part.ts`. */
    settings: list(named(SETTING, MAX_SETTING_CHARACTERS), MAX_SETTINGS),
    /** The sender's present run. */
    run: name,
    /** Of the replica whose status `attempt` this answers, the run it named; null: nobody's. */
    answers: nullable(name),
    signature,
  },
  signed: layout(
    6,
    ...([
      'replica',
      'view',
      'lastExecuted',
      'attempt',
      'asks',
      'settings',
      'run',
      'answers',
    ] as const),
  ),
});

/** "This is where I am": sent when idle or behind; peers answer with what the sender lacks. */
export interface Status extends MessageOf<'status', typeof STATUS> {}

const FETCH = kind({
  code: 13,
  by: 'replica',
  takenBy: 'core',
  channel: "one replica's",
  maxBytes: MAX_SMALL_MESSAGE_BYTES,
  fields: {
    replica,
    /** 0: a view-change is meant. */
    sequence: u64,
    digest,
    signature,
  },
  signed: layout(7, 'replica', 'sequence', 'digest'),
});

/** "Send me this batch": answered with a decision when there is one, else with the pre-prepare. */
export interface Fetch extends MessageOf<'fetch', typeof FETCH> {}

const FETCH_CHUNK = kind({
  code: 14,
  by: 'replica',
  takenBy: 'core',
  channel: "one replica's",
  maxBytes: MAX_SMALL_MESSAGE_BYTES,
  fields: {
    replica,
    /** Of a stable checkpoint. */
    sequence: u64,
    chunk,
    /** Long chunks travel in parts, counted from 0. */
    part: u32,
    signature,
  },
  signed: layout(13, 'replica', 'sequence', 'chunk', 'part'),
});

/** "Send me this part of the state at that checkpoint." */
export interface FetchChunk extends MessageOf<'fetch-chunk', typeof FETCH_CHUNK> {}

const CHUNK_PART = kind({
  code: 15,
  by: 'replica',
  takenBy: 'core',
  channel: 'to who lacks it',
  maxBytes: MAX_MESSAGE_BYTES,
  fields: {
    replica,
    sequence: u64,
    chunk,
    part: u32,
    /** How many parts the chunk has, at least 1. */
    parts: positive,
    text: text(MAX_CHUNK_PART_CHARACTERS),
    signature,
  },
  signed: layout(14, 'replica', 'sequence', 'chunk', 'part', 'parts', 'text'),
});

/**
 * A part of a chunk's text. It proves nothing until the chunk is whole and has the certified
 * digest; the signature says whom to blame if it has not.
 */
export interface ChunkPart extends MessageOf<'chunk-part', typeof CHUNK_PART> {}

export const CATCHING_UP = {
  status: STATUS,
  fetch: FETCH,
  'fetch-chunk': FETCH_CHUNK,
  'chunk-part': CHUNK_PART,
} as const satisfies Record<string, Declaration>;
