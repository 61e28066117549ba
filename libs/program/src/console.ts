import type { LogLevel as EnvironmentLevel } from '@ccro/cluster-config';
import { ConsoleLogger, Logger, type LogLevel } from '@nestjs/common';

/** LOG_LEVEL's names, most severe first, and Nest's; `silent` is none of them. */
const BY_SEVERITY: readonly (readonly [EnvironmentLevel, LogLevel])[] = [
  ['fatal', 'fatal'],
  ['error', 'error'],
  ['warn', 'warn'],
  ['info', 'log'],
  ['debug', 'debug'],
  ['trace', 'verbose'],
];

/** Parts of Nest that tell about each of their steps when a program starts. */
const CHATTY = new Set([
  'InstanceLoader',
  'NestApplication',
  'NestFactory',
  'NestMicroservice',
  'RouterExplorer',
  'RoutesResolver',
]);

/** Nest's names for `level` and everything more severe. */
export function nestLogLevels(level: EnvironmentLevel): LogLevel[] {
  const index = BY_SEVERITY.findIndex(([name]) => name === level);
  return BY_SEVERITY.slice(0, index + 1).map(([, nest]) => nest);
}

/** Nest's console logger without the framework's own account of starting up. */
class ProgramLogger extends ConsoleLogger {
  override log(message: unknown, ...rest: unknown[]): void {
    const context = rest.at(-1);
    if (typeof context === 'string' && CHATTY.has(context)) return;
    super.log(message, ...rest);
  }
}

/** Makes everything that this program logs go to the console, from `level` on. */
export function logToConsole(level: EnvironmentLevel): void {
  Logger.overrideLogger(
    new ProgramLogger('ccro', { logLevels: nestLogLevels(level), colors: process.stdout.isTTY }),
  );
}
