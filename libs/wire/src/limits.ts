/** Limits on what is read from the broker. Everything beyond them is refused before it costs. */

/** Bytes of one message at most, checked before anything else. */
export const MAX_MESSAGE_BYTES = 2 * 1024 * 1024;

/** Characters (UTF-16 code units) of one operation at most. */
export const MAX_OPERATION_CHARACTERS = 128 * 1024;

/** Requests in one batch and results in one reply at most. */
export const MAX_REQUESTS = 1024;

/** Members of a cluster, and so signers of a certificate, at most. */
export const MAX_MEMBERS = 1024;

/** Characters of a query's JSON text at most. */
export const MAX_QUERY_CHARACTERS = 4096;

/** Entries a ledger query may ask for at once. */
export const MAX_LEDGER_LIMIT = 1000;
