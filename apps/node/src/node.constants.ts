/** Injection token of {@link NodeOptions}. */
export const NODE_OPTIONS = Symbol('NODE_OPTIONS');
