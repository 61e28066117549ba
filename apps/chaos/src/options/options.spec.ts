import { errorMessage } from '@ccro/foreign-text';
import { describe, expect, it } from 'vitest';
import { chaosCommand, soakCommand } from './options.js';

const PROGRAMS = { chaos: chaosCommand, soak: soakCommand };

/** What the program says to `argv`; undefined when it takes it. */
function refusal(name: keyof typeof PROGRAMS, argv: readonly string[]): string | undefined {
  const command = PROGRAMS[name]()
    .exitOverride()
    .configureOutput({ writeErr: () => {} });
  try {
    command.parse([...argv], { from: 'user' });
    return undefined;
  } catch (error) {
    return errorMessage(error);
  }
}

describe('options', () => {
  it.each([
    ['chaos', ['--minutes', '0.5', '--seed', 'a-1', '--nodes', '7', '--mode', 'pbft']],
    ['chaos', ['--signature', 'bls']],
    ['chaos', ['--only', 'clock-step,redis-replica']],
    ['chaos', ['--durability', 'async', '--gateways', '1', '--out', 'x', '--keep']],
    ['soak', ['--requests', '1000', '--through', 'client', '--broker', 'redis']],
  ] as const)('%s takes %j', (name, argv) => {
    expect(refusal(name, argv)).toBeUndefined();
  });

  it.each([
    ['chaos', ['--minutes', 'x'], /--minutes <m>.*Allowed: 0.1 to 1440/],
    ['chaos', ['--minutes', '0'], /--minutes <m>.*Allowed/],
    ['chaos', ['--nodes', '3'], /--nodes <n>.*Allowed: 4 to 31/],
    ['chaos', ['--seed', 'a b'], /--seed <s>.*letters, digits/],
    ['chaos', ['--durability', 'memory'], /--durability <kind>.*fsync, async/],
    ['chaos', ['--mode', 'paxos'], /--mode <mode>.*ccro, pbft/],
    ['chaos', ['--only', 'clock-step,earthquake'], /--only <kinds>.*kill, freeze, .*redis-rights/],
    ['chaos', ['--signature', 'rsa'], /--signature <scheme>.*ed25519, bls, auto/],
    ['chaos', ['--checkpoint-interval', '8'], /--checkpoint-interval <k>.*16 to 512/],
    ['soak', ['--requests', '-1'], /--requests <n>.*Allowed/],
    ['soak', ['--broker', 'embedded'], /--broker <kind>.*redis/],
    ['soak', ['more'], /too many arguments/],
  ] as const)('%s refuses %j and says what is allowed', (name, argv, message) => {
    expect(refusal(name, argv)).toMatch(message);
  });
});
