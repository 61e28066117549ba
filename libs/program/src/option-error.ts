/** An option that cannot be used: the message names it, its value if that may be shown, and what is allowed. */
export class OptionError extends Error {
  constructor(option: string, value: string | undefined, allowed: string) {
    super(`--${option}${value === undefined ? '' : ` ${value}`} cannot be used: ${allowed}`);
    this.name = 'OptionError';
  }
}
