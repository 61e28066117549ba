import type { LogLevel as EnvironmentLevel } from '@ccro/cluster-config';
import { ConsoleLogger, Logger, type LogLevel } from '@nestjs/common';
import { inspect } from 'node:util';
import { printable, printableLines } from './printable.js';

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
function nestLogLevels(level: EnvironmentLevel): LogLevel[] {
  const index = BY_SEVERITY.findIndex(([name]) => name === level);
  return BY_SEVERITY.slice(0, index + 1).map(([, nest]) => nest);
}

/**
 * Nest's console logger without the framework's own account of starting up. A record is one line
 * of bounded length, whatever text from outside is in it; a stack that Nest adds is indented below.
 */
class ProgramLogger extends ConsoleLogger {
  override log(message: unknown, ...rest: unknown[]): void {
    const context = rest.at(-1);
    if (typeof context === 'string' && CHATTY.has(context)) return;
    super.log(message, ...rest);
  }

  protected override getTimestamp(): string {
    return new Date().toISOString();
  }

  protected override stringifyMessage(message: unknown, logLevel: LogLevel): string {
    const resolved: unknown = this.resolveMessage(message);
    return super.stringifyMessage(printable(textOf(resolved)), logLevel) as string;
  }

  protected override formatContext(context: string): string {
    return super.formatContext(printable(context, 100));
  }

  protected override stringifyParams(params: Record<string, unknown>): string {
    return printable(super.stringifyParams(params));
  }

  protected override printStackTrace(stack: string): void {
    if (stack) super.printStackTrace(`    ${printableLines(stack)}`);
  }
}

function textOf(message: unknown): string {
  if (typeof message === 'string') return message;
  if (message instanceof Error) return message.stack ?? message.message;
  return inspect(message, { breakLength: Infinity });
}

/**
 * Makes everything that this program logs go to the console, from `level` on. Colours are for
 * terminals that have them (NO_COLOR says that one has not).
 */
export function logToConsole(level: EnvironmentLevel): void {
  const colors = Boolean(process.stdout.isTTY) && process.stdout.hasColors();
  Logger.overrideLogger(new ProgramLogger('ccro', { logLevels: nestLogLevels(level), colors }));
}
