import { foreignText } from '@ccro/foreign-text';

/**
 * A wrong or missing setting: the environment's fault, which stops the process at its start. The
 * message is one line that names the setting, the bad value and what is allowed.
 */
export class ConfigurationError extends Error {
  /**
   * @param setting environment variable, option or field of a file (`members[2].publicKey`)
   * @param problem what is wrong with it and what is allowed
   */
  constructor(
    readonly setting: string,
    problem: string,
  ) {
    super(oneLine(`${setting} ${problem}`));
    this.name = 'ConfigurationError';
  }
}

/** The usual problem: a value that is not among those allowed. */
export function notAllowed(setting: string, value: unknown, allowed: string): ConfigurationError {
  if (value === undefined)
    return new ConfigurationError(setting, `is missing; allowed: ${allowed}`);
  return new ConfigurationError(setting, `is ${shown(value)}; allowed: ${allowed}`);
}

/** What follows in a URL that seems to hold a password, also where no URL belongs. */
const MAY_BE_PASSWORD = /:\/\/[^/\s"]*(@|:(?!\d{1,5}(["/]|$)))\S*/gu;
/** A value as an error shows it: quoted, short and without what may be a password. */
export function shown(value: unknown): string {
  const text = (JSON.stringify(value) ?? String(value)).replace(MAY_BE_PASSWORD, '://***');
  return text.length <= 80 ? text : `${text.slice(0, 77)}...`;
}

function oneLine(text: string): string {
  return foreignText(text.replace(/\s+/g, ' ').trim());
}
