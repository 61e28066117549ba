/** Limits on what is read from the broker. Everything beyond them is refused before it costs. */

/**
 * Bytes of one message at most, checked before anything else. A batch of 256 requests fits whatever
 * its client did: 256 Ki characters of operations, six bytes each, and a list of 128 digests with
 * each request.
 */
export const MAX_MESSAGE_BYTES = 4 * 1024 * 1024;

/** The same for kinds that are always small, at the largest cluster and with every escape. */
export const MAX_SMALL_MESSAGE_BYTES = 1024;
export const MAX_QUERY_BYTES = 32 * 1024;
export const MAX_CERTIFICATE_BYTES = 128 * 1024;
export const MAX_REQUEST_BYTES = 1024 * 1024;

/** Numbers that are signed in four bytes. */
export const MAX_U32 = 0xffff_ffff;

/** Characters (UTF-16 code units) of one operation at most. */
export const MAX_OPERATION_CHARACTERS = 128 * 1024;

/** Characters of a name at most: of a client, a session, a query's id. */
export const MAX_NAME_CHARACTERS = 64;

/** Characters of the name of a signature scheme at most. */
export const MAX_SCHEME_CHARACTERS = 32;

/** Characters of one setting, its name and the digest of its value, at most. */
export const MAX_SETTING_CHARACTERS = 49;

/** Characters of a chunk's name at most. */
export const MAX_CHUNK_NAME_CHARACTERS = 128;

/**
 * Characters of one part of a chunk at most. JSON spells a character with six bytes at most, so
 * that whatever a part holds fits into a message.
 */
export const MAX_CHUNK_PART_CHARACTERS = 256 * 1024;

/** Requests in one batch and results in one reply at most. */
export const MAX_REQUESTS = 1024;

/** Requests that one signature covers at most. */
export const MAX_SIGNED_TOGETHER = 128;

/** Settings that a replica says it was told, at most. */
export const MAX_SETTINGS = 24;

/** Members of a cluster, and so signers of a certificate, at most. */
export const MAX_MEMBERS = 1024;

/** Slots between the watermarks at most, whatever the cluster is tuned to. */
export const MAX_SLOTS = 4096;

/** Characters of a query's JSON text at most. */
export const MAX_QUERY_CHARACTERS = 4096;
