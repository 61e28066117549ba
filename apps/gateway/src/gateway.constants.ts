/** Injection token of `GatewaySettings`. */
export const GATEWAY_SETTINGS = Symbol('GATEWAY_SETTINGS');

/** Request bodies larger than this are answered 413, in bytes. */
export const MAX_BODY_BYTES = 128 * 1024;
