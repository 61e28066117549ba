import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { exitCodeOf, explainFailure } from './failure.js';
import { requireWritable, writeAll, type Output } from './outputs.js';

let base = '';
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'ccro-outputs-'));
});
afterEach(() => rmSync(base, { recursive: true }));

const file = (path: string | undefined, option = 'json'): Output => ({
  option,
  path,
  kind: 'file',
});
const directory = (path: string): Output => ({ option: 'svg', path, kind: 'directory' });

/** The line that is said of outputs that cannot be used. */
function refusal(...outputs: readonly Output[]): string {
  try {
    requireWritable(outputs);
  } catch (error) {
    expect(exitCodeOf(error)).toBe(2);
    return explainFailure(error, '');
  }
  return '';
}

describe('outputs, before the work begins', () => {
  it('F9: are looked at, and left as they are', () => {
    const old = join(base, 'old.json');
    writeFileSync(old, 'old');
    requireWritable([
      file(old),
      file(join(base, 'deep', 'new.csv'), 'csv'),
      file(undefined, 'out'),
      directory(join(base, 'charts')),
      directory(base),
    ]);
    expect(readFileSync(old, 'utf8')).toBe('old');
    expect(readdirSync(base).sort()).toEqual(['charts', 'deep', 'old.json']);
    expect(readdirSync(join(base, 'deep'))).toEqual([]);
    expect(readdirSync(join(base, 'charts'))).toEqual([]);
  });

  it('F9: are refused in one line that names the option and says what to do', () => {
    writeFileSync(join(base, 'file'), '');
    const cases: readonly (readonly [Output, RegExp])[] = [
      [file(base), /^--json .* cannot be used: .*it is a directory: name a file \(EISDIR/],
      [file(''), /^--json "" cannot be used: name a file$/],
      [directory(''), /^--svg "" cannot be used: name a directory$/],
      [file(join(base, 'file', 'x')), /^--json .* cannot be used: .* is no directory.*\(ENOTDIR/],
      [directory(join(base, 'file')), /^--svg .* cannot be used: .* is no directory.*\(ENOTDIR/],
      [directory('/dev/null'), /^--svg \/dev\/null cannot be used: .* is no directory/],
    ];
    for (const [output, line] of cases) {
      expect(refusal(output)).toMatch(line);
      expect(refusal(output)).not.toContain('\n');
    }
    const same = join(base, 'same');
    expect(refusal(file(same, 'csv'), file(`${base}/./same`))).toMatch(/another output goes there/);
  });

  it.skipIf(process.platform !== 'linux')('F9: may be a pipe, whose reader goes on', () => {
    const pipe = join(base, 'pipe');
    execFileSync('mkfifo', [pipe]);
    requireWritable([file(pipe), file('/dev/null', 'csv')]);
    expect(refusal(file('/proc/x/y'))).toMatch(/^--json \/proc\/x\/y cannot be used: .*ENOENT/);
  });
});

describe('outputs, when the work is done', () => {
  it('F9: are written whatever becomes of the others, and each failure is a line', async () => {
    mkdirSync(join(base, 'taken'));
    const write = (name: string) => async (): Promise<void> => writeFileSync(join(base, name), '');
    const all = [write('taken'), write('one'), write('none/x'), write('two'), write('taken')];
    const error: unknown = await writeAll(all).catch((failure: unknown) => failure);
    expect(explainFailure(error, '').split('\n')).toEqual([
      expect.stringMatching(/taken: it is a directory: name a file \(EISDIR/),
      expect.stringMatching(/none\/x: it is not there, .*\(ENOENT/),
    ]);
    for (const name of ['one', 'two']) expect(existsSync(join(base, name))).toBe(true);
    await writeAll([write('three')]);
  });
});
