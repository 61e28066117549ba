import { ConsoleLogger, Logger } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { logToConsole } from './console.js';

let output: string[];

beforeEach(() => {
  output = [];
  const take = (chunk: unknown): boolean => output.push(String(chunk)) > 0;
  vi.spyOn(process.stdout, 'write').mockImplementation(take);
  vi.spyOn(process.stderr, 'write').mockImplementation(take);
});
afterEach(() => {
  vi.restoreAllMocks();
  Logger.overrideLogger(new ConsoleLogger());
});

describe('a log record', () => {
  it('H6: has an ISO time with milliseconds and no colours where no terminal is', () => {
    logToConsole('info');
    new Logger('node 1').log('hello');
    expect(output.join('')).toMatch(
      /^\[Nest\] \d+ {2}- \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z +LOG \[node 1\] hello\n$/,
    );
  });

  it('I8: is one line of bounded length, whatever text, error or object is in it', () => {
    logToConsole('info');
    const hostile = `x\n[Nest] 9  - forged\r\u001b[2J\u202e${'y'.repeat(100_000)}`;
    const logger = new Logger('node 1');
    for (const message of [hostile, { hostile }, [hostile], () => hostile]) logger.error(message);
    logger.error(new Error(hostile));
    logger.warn('a', hostile);
    new Logger(hostile).log('from a strange place');
    for (const line of output) {
      expect(line.endsWith('\n')).toBe(true);
      // oxlint-disable-next-line no-control-regex
      expect(line.slice(0, -1)).not.toMatch(/[\n\r\u001b\u202e]/);
      expect(line.length).toBeLessThan(2_500);
    }
    expect(output.length).toBeGreaterThanOrEqual(6);
  });

  it('I8, sibling: a stack that comes with it is indented, escaped and bounded', () => {
    logToConsole('info');
    new Logger('node 1').error(
      'failed',
      `Error: a\n[Nest] 9  - forged\u001b[2J\n${'at x\n'.repeat(500)}`,
    );
    const lines = output.join('').trimEnd().split('\n');
    expect(lines[0]).toContain('failed');
    expect(lines.length).toBeLessThan(40);
    for (const line of lines.slice(1)) expect(line).toMatch(/^ {4}\P{Cc}*$/u);
  });
});
