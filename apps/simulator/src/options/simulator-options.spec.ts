import { ALL_CHOICES, BROKEN_PROTOCOLS } from '@ccro/simulator';
import { describe, expect, it } from 'vitest';
import { simulatorCommand, typedOptions } from './command-line.js';
import { checkOptions, type SimulatorOptions } from './simulator-options.js';

function options(...argv: string[]): SimulatorOptions {
  return checkOptions(typedOptions(simulatorCommand(), argv), () => 0.5);
}

describe('npm run simulate', () => {
  it('runs 200 seeds from a random one on, in both modes and sizes', () => {
    expect(options()).toMatchObject({
      kind: 'sweep',
      seeds: 200,
      firstSeed: 2 ** 30,
      choices: ALL_CHOICES,
    });
    expect(options()).toHaveProperty('jobs', expect.any(Number));
  });

  it('takes what it is told', () => {
    const argv = ['--seeds', '5', '--start-seed', '70', '--nodes', '10', '--mode', 'ccro'];
    const signing = ['--signature', 'bls', '--fast-path', 'off', '--together', '2,128'];
    expect(options(...argv, ...signing, '--jobs', '3', '--trace', 'trace.txt')).toEqual({
      kind: 'sweep',
      seeds: 5,
      firstSeed: 70,
      jobs: 3,
      traceFile: 'trace.txt',
      choices: {
        modes: ['ccro'],
        nodes: [10],
        signatures: ['bls'],
        fastPath: [false],
        signedTogether: [2, 128],
      },
    });
  });

  it('runs one seed again', () => {
    expect(options('--seed', '0')).toMatchObject({ kind: 'replay', seed: 0 });
  });

  it('looks for one broken protocol, or for all, from the same seeds each time', () => {
    const [one] = BROKEN_PROTOCOLS;
    if (one === undefined) throw new Error('there are some');
    const found = { kind: 'find-broken', firstSeed: 1, seeds: 300 };
    expect(options('--break', one.name)).toMatchObject({ ...found, protocols: [one] });
    expect(options('--break', 'all')).toMatchObject({ ...found, protocols: BROKEN_PROTOCOLS });
    expect(options('--break', one.name, '--seed', '9')).toMatchObject({ firstSeed: 9, seeds: 1 });
    expect(options('--break', 'all', '--known-first')).toMatchObject({
      ...found,
      knownFirst: true,
    });
    expect(options('--break', 'list')).toEqual({ kind: 'list-broken' });
  });

  it.each([
    [['--seeds', '0'], '--seeds 0 cannot be used: a whole number from 1 to 10000000'],
    [['--seed', '1.5'], '--seed 1.5 cannot be used: a whole number from 0 to 4294967295'],
    [['--nodes', '4,3'], '--nodes 3 cannot be used: a whole number from 4 to 31'],
    [['--mode', 'raft'], '--mode raft cannot be used: pbft or ccro, or both'],
    [['--signature', 'rsa'], '--signature rsa cannot be used: ed25519 or bls, or both'],
    [['--fast-path', 'yes'], '--fast-path yes cannot be used: on or off, or both'],
    [['--together', '1,129'], '--together 129 cannot be used: a whole number from 1 to 128'],
    [['--jobs', 'many'], '--jobs many cannot be used: a whole number from 1 to 256'],
    [['--known-first'], '--known-first cannot be used: it goes with --break all'],
    [['--break', 'it'], '--break it cannot be used: all, or a name that --break list shows'],
  ])('refuses %j', (argv, message) => {
    expect(() => options(...argv)).toThrow(message);
  });
});
