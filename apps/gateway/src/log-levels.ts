import type { LogLevel as EnvironmentLevel } from '@ccro/cluster-config';
import type { LogLevel } from '@nestjs/common';

/** LOG_LEVEL's names, most severe first, and Nest's; `silent` is none of them. */
const BY_SEVERITY: readonly (readonly [EnvironmentLevel, LogLevel])[] = [
  ['fatal', 'fatal'],
  ['error', 'error'],
  ['warn', 'warn'],
  ['info', 'log'],
  ['debug', 'debug'],
  ['trace', 'verbose'],
];

/** Nest's names for `level` and everything more severe. */
export function nestLogLevels(level: EnvironmentLevel): LogLevel[] {
  const index = BY_SEVERITY.findIndex(([name]) => name === level);
  return BY_SEVERITY.slice(0, index + 1).map(([, nest]) => nest);
}
