import { FAULT_KINDS } from '@ccro/faults';
import { describe, expect, it } from 'vitest';
import { OptionError } from '@ccro/program';
import { checkOptions, type ClusterOptions } from './cluster-options.js';
import { clusterCommand, typedOptions } from './command-line.js';

const REDIS_URL = 'redis://elsewhere:6380';

/** What `npm start -- <argv>` makes of its options. */
function options(argv: string, redisUrl?: string): ClusterOptions {
  const words = argv.split(' ').filter((word) => word !== '');
  return checkOptions(typedOptions(clusterCommand(), words), redisUrl);
}

describe('the options of npm start', () => {
  it('have the defaults of the interface', () => {
    expect(options('')).toEqual({
      mode: 'ccro',
      nodes: 4,
      faulty: [],
      fault: 'offline',
      seed: expect.any(Number) as number,
      broker: 'embedded',
      redisUrl: 'redis://127.0.0.1:6379',
      processes: false,
      storage: { durability: 'memory' },
      gatewayPort: 3000,
      nodePort: 8080,
      faultInjection: false,
      requestTimeoutMs: 5000,
      signature: 'auto',
      codec: 'json',
      once: undefined,
    });
  });

  it('are all read', () => {
    const argv =
      '--mode pbft --nodes 7 --byzantine 2 --fault falsify --faulty-nodes 6,2 --seed 9 ' +
      '--broker redis --redis-url rediss://host:1 --processes --gateway-port 0 --node-port 9000 ' +
      '--fault-injection --request-timeout 700 --signature bls --codec compact --once requests.json ' +
      '--data-dir data --durability async --state-machine auction.js --client alice bob';
    expect(options(argv)).toEqual({
      mode: 'pbft',
      nodes: 7,
      faulty: [2, 6],
      fault: 'falsify',
      seed: 9,
      broker: 'redis',
      redisUrl: 'rediss://host:1',
      processes: true,
      storage: { durability: 'async', dataDirectory: 'data' },
      gatewayPort: 0,
      nodePort: 9000,
      faultInjection: true,
      requestTimeoutMs: 700,
      signature: 'bls',
      codec: 'compact',
      stateMachine: 'auction.js',
      clients: ['alice', 'bob'],
      once: 'requests.json',
    });
  });

  it('take Redis when REDIS_URL is set, unless told otherwise', () => {
    expect(options('', REDIS_URL)).toMatchObject({ broker: 'redis', redisUrl: REDIS_URL });
    expect(options('--broker embedded', REDIS_URL)).toMatchObject({ broker: 'embedded' });
    expect(options('--redis-url redis://here', REDIS_URL)).toMatchObject({
      redisUrl: 'redis://here:6379',
    });
  });

  it.each([
    ['--byzantine 1', 4, 1],
    ['--byzantine 2', 7, 2],
    ['--byzantine 30', 91, 30],
    ['--byzantine 0', 4, 0],
    ['--byzantine 1 --nodes 10', 10, 1],
    ['--faulty-nodes 3', 4, 1],
  ])('%s make %i nodes with %i faulty', (argv, nodes, count) => {
    const made = options(argv);
    expect(made.nodes).toBe(nodes);
    expect(made.faulty).toHaveLength(count);
  });

  it('keep records safe when they are told where', () => {
    const storage = { durability: 'fsync', dataDirectory: 'data' };
    expect(options('--data-dir data')).toMatchObject({ storage });
    expect(options('--data-dir data --durability fsync')).toMatchObject({ storage });
  });

  it.each(['api-keys', 'data-dir', 'once', 'state-machine'])(
    'I32: an empty --%s is refused, and counts neither as none nor as what the environment says',
    (option) => {
      for (const argv of [[`--${option}`, ''], [`--${option}=`]]) {
        expect(() => checkOptions(typedOptions(clusterCommand(), argv), undefined)).toThrow(
          `--${option} '' cannot be used: it is empty`,
        );
      }
    },
  );

  it.each([
    ...['mode', 'nodes', 'byzantine', 'fault', 'faulty-nodes', 'seed', 'broker', 'redis-url'],
    ...[
      'gateway-port',
      'node-port',
      'request-timeout',
      'durability',
      'signature',
      'codec',
      'client',
    ],
  ])('I32, sibling: an empty --%s is refused', (option) => {
    const raw = typedOptions(clusterCommand(), [`--${option}`, '']);
    expect(() => checkOptions(raw, undefined)).toThrow(OptionError);
  });

  it('draw the same faulty nodes from the same seed', () => {
    const drawn = (seed: number) => options(`--byzantine 5 --seed ${seed}`).faulty;
    expect(drawn(7)).toEqual(drawn(7));
    expect(new Set([1, 2, 3, 4, 5].map((seed) => drawn(seed).join())).size).toBeGreaterThan(1);
  });

  it('give a fault to the nodes whose role it needs', () => {
    expect(options('--byzantine 1 --fault equivocate').faulty).toEqual([0]);
    expect(options('--byzantine 1 --fault silent-collector').faulty).toEqual([2]);
  });

  it('allow more faulty nodes than f only with --unsafe', () => {
    expect(() => options('--nodes 4 --byzantine 2')).toThrow(OptionError);
    expect(() => options('--nodes 4 --faulty-nodes 1,2')).toThrow(/tolerate at most 1/);
    expect(options('--nodes 4 --byzantine 2 --unsafe').faulty).toHaveLength(2);
    expect(options('--nodes 4 --byzantine 4 --unsafe').faulty).toEqual([0, 1, 2, 3]);
  });

  it.each([
    ['--mode raft', '--mode raft cannot be used: one of ccro, pbft'],
    ['--nodes 0', '--nodes 0 cannot be used: an integer from 1 to '],
    ['--nodes 4.5', '--nodes 4.5 cannot be used: an integer'],
    ['--nodes 100000', '--nodes 100000 cannot be used: an integer'],
    ['--byzantine two', '--byzantine two cannot be used: an integer from 0 to '],
    ['--byzantine -1', '--byzantine -1 cannot be used: an integer'],
    ['--nodes 2 --byzantine 3', '--byzantine 3 cannot be used: there are only 2 nodes'],
    ['--fault evil', `--fault evil cannot be used: one of ${FAULT_KINDS.join(', ')}`],
    ['--faulty-nodes 4', '--faulty-nodes 4 cannot be used: an integer from 0 to 3'],
    ['--faulty-nodes 1,x', '--faulty-nodes x cannot be used: an integer from 0 to 3'],
    ['--faulty-nodes 1,1 --unsafe', '--faulty-nodes 1,1 cannot be used: each node once'],
    ['--faulty-nodes 1 --byzantine 2', '--faulty-nodes 1 cannot be used: --byzantine says 2 nodes'],
    ['--seed x', '--seed x cannot be used: an integer from 0 to 4294967295'],
    ['--broker kafka', '--broker kafka cannot be used: one of embedded, redis'],
    ['--redis-url localhost:6379', 'it does not start with redis:// or rediss://'],
    ['--processes', 'separate processes need --broker redis'],
    ['--gateway-port 70000', '--gateway-port 70000 cannot be used: an integer from 0 to 65535'],
    ['--gateway-port http', '--gateway-port http cannot be used: an integer'],
    ['--node-port -1', '--node-port -1 cannot be used: an integer'],
    ['--node-port 65533', '--node-port 65533 cannot be used: 4 ports from there end above 65535'],
    ['--request-timeout 0', '--request-timeout 0 cannot be used: an integer from 1 to 600000'],
    ['--durability fsync', '--durability fsync cannot be used: it needs --data-dir'],
    [
      '--data-dir data --durability memory',
      '--durability memory cannot be used: one of fsync, async',
    ],
    ['--signature rsa', '--signature rsa cannot be used: one of ed25519, bls, auto'],
  ])('%s is refused', (argv, message) => {
    expect(() => options(argv)).toThrow(
      expect.objectContaining({
        name: OptionError.name,
        message: expect.stringContaining(message) as string,
      }),
    );
  });

  it('are explained by --help, with every kind of fault', () => {
    let help = '';
    clusterCommand()
      .configureOutput({ writeOut: (text) => (help += text) })
      .outputHelp();
    for (const option of [
      '--mode',
      '--nodes',
      '--byzantine',
      '--once',
      '--redis-url',
      '--data-dir',
    ]) {
      expect(help).toContain(option);
    }
    for (const kind of FAULT_KINDS) expect(help).toContain(`\n  ${kind} `);
  });
});
