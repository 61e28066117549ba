/** Injection token of {@link NodeOptions}. */
export const NODE_OPTIONS = Symbol('NODE_OPTIONS');

/** Injection token of {@link OpenedStore}. */
export const OPENED_STORE = Symbol('OPENED_STORE');
