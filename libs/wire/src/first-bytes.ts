/** The first byte of a message tells its codec, so that a node with another one can say so. */

/** A bracket: what every message in JSON begins with. */
export const JSON_START = 0x7b;

/** No text in UTF-8 has this byte. Another version of the compact form begins with another such byte. */
export const COMPACT_START = 0xc1;
