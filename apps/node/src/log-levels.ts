import type { LogLevel as EnvironmentLevel } from '@ccro/cluster-config';
import type { LogLevel } from '@nestjs/common';

const ASCENDING: readonly (readonly [EnvironmentLevel, LogLevel])[] = [
  ['fatal', 'fatal'],
  ['error', 'error'],
  ['warn', 'warn'],
  ['info', 'log'],
  ['debug', 'debug'],
  ['trace', 'verbose'],
];

/** Nest's names for LOG_LEVEL and everything more severe. */
export function nestLogLevels(level: EnvironmentLevel): LogLevel[] {
  const index = ASCENDING.findIndex(([name]) => name === level);
  return ASCENDING.slice(0, index + 1).map(([, nest]) => nest);
}
