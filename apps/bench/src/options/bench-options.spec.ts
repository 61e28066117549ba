import { describe, expect, it } from 'vitest';
import {
  benchCommand,
  commandLine,
  readBenchOptions,
  SCENARIO_NAMES,
  type BenchOptions,
} from './bench-options.js';

function read(...argv: string[]): BenchOptions {
  const command = benchCommand()
    .exitOverride()
    .configureOutput({ writeErr: () => {} });
  return readBenchOptions(argv, command);
}

describe('options', () => {
  it('ask for everything by default', () => {
    expect(read()).toMatchObject({ scenarios: SCENARIO_NAMES, quick: false });
    expect(read().nodes).toBeUndefined();
    expect(commandLine(read())).toBe('npm run bench');
  });

  it('name scenarios, in their own order', () => {
    expect(read('scale', 'latency', 'scale').scenarios).toEqual(['latency', 'scale']);
  });

  it('are told again as the command that they came from', () => {
    const line = 'scale --quick --nodes 4,7 --mode pbft --requests 3 --in-flight 1,64';
    expect(commandLine(read(...line.split(' ')))).toBe(`npm run bench -- ${line}`);
  });

  it('name kinds of abuse by what is in their names', () => {
    const options = read('abuse', '--abuses', 'calls for help', 'client');
    expect(options.abuses).toEqual(['calls for help', 'client']);
    expect(commandLine(options)).toBe('npm run bench -- abuse --abuses "calls for help" "client"');
  });

  it.each([
    [['speed'], /Allowed choices are yardstick, latency/],
    [['--nodes', '4,x'], /--nodes <list>.*Allowed: 1 to 1024/],
    [['--mode', 'raft'], /--mode <list>.*Allowed: ccro, pbft/],
    [['--in-flight', '4096'], /Allowed: 1 to 2048/],
    [['--requests', '0'], /Allowed: 1 to/],
    [['--from', 'x'], /only for --write-docs/],
  ])('%j is refused', (argv, message) => {
    expect(() => read(...argv)).toThrow(message);
  });
});
