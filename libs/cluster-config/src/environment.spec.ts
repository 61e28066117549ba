import { FAULT_KINDS } from '@ccro/faults';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ConfigurationError } from './configuration-error.js';
import { developmentCluster } from './development.js';
import {
  nodeHttpPort,
  nodeStore,
  readCodec,
  readGatewayEnvironment,
  readNodeEnvironment,
  requireNodeUrls,
  type Environment,
} from './environment.js';

describe('the environment of a node', () => {
  it('has defaults', () => {
    expect(readNodeEnvironment({})).toEqual({
      nodeId: undefined,
      configPath: 'config/local.json',
      redisUrl: 'redis://127.0.0.1:6379',
      redisCaFile: undefined,
      httpHost: '127.0.0.1',
      gatewayUrl: 'http://127.0.0.1:3000',
      httpPort: undefined,
      storage: { durability: 'memory' },
      fault: undefined,
      faultInjection: false,
      logLevel: 'info',
      keyFile: undefined,
    });
  });

  it('reads every variable', () => {
    const environment = readNodeEnvironment({
      NODE_ID: '3',
      CCRO_CONFIG: 'cluster.json',
      CODEC: 'compact',
      REDIS_URL: 'rediss://user:secret@redis.example:6380/1',
      REDIS_CA_FILE: 'ca.crt',
      NODE_HTTP_PORT: '0',
      GATEWAY_URL: 'https://gateway.example/',
      NODE_URLS: 'http://a:8080, http://b:8080',
      ALLOWED_HOSTS: 'node3, 10.0.0.3,[::2]',
      DATA_DIR: '/var/lib/ccro',
      DURABILITY: 'async',
      FAULT: 'silent-collector',
      FAULT_INJECTION: 'on',
      LOG_LEVEL: 'trace',
      KEY_FILE: 'node.key',
      PATH: 'of no interest',
    });
    expect(environment).toEqual({
      nodeId: 3,
      configPath: 'cluster.json',
      codec: 'compact',
      redisUrl: 'rediss://user:secret@redis.example:6380/1',
      redisCaFile: 'ca.crt',
      httpHost: '127.0.0.1',
      httpPort: 0,
      gatewayUrl: 'https://gateway.example/',
      nodeUrls: ['http://a:8080', 'http://b:8080'],
      allowedHosts: ['node3', '10.0.0.3', '[::2]'],
      storage: { durability: 'async', dataDirectory: '/var/lib/ccro' },
      fault: 'silent-collector',
      faultInjection: true,
      logLevel: 'trace',
      keyFile: 'node.key',
    });
  });

  it('reads the codec alone, an empty value for none, whatever else is set', () => {
    const others = { REDIS_URL: 'nonsense', FAULT_INJECTION: 'maybe' };
    expect(readCodec({ ...others, CODEC: 'compact' })).toBe('compact');
    expect(readCodec({ ...others, CODEC: '' })).toBeUndefined();
    expect(() => readCodec({ CODEC: 'COMPACT' })).toThrow(
      /CODEC is "COMPACT"; allowed: json, compact/,
    );
  });

  it('takes an empty value for none', () => {
    const empty = { NODE_ID: '', REDIS_URL: '', FAULT: '', LOG_LEVEL: '', DATA_DIR: '' };
    expect(readNodeEnvironment(empty)).toEqual(readNodeEnvironment({}));
  });

  it('keeps records safe when it is told where, and in memory when not', () => {
    const storage = (environment: Environment) => readNodeEnvironment(environment).storage;
    expect(storage({ DATA_DIR: 'data' })).toEqual({ durability: 'fsync', dataDirectory: 'data' });
    expect(storage({ DATA_DIR: 'data', DURABILITY: 'fsync' })).toEqual(
      storage({ DATA_DIR: 'data' }),
    );
    expect(storage({ DURABILITY: 'memory' })).toEqual({ durability: 'memory' });
  });

  it('gives each node a directory of its own', () => {
    const { storage } = readNodeEnvironment({ DATA_DIR: 'data' });
    expect(nodeStore(storage, 3)).toEqual({
      durability: 'fsync',
      directory: join('data', 'node-3'),
    });
    expect(nodeStore({ durability: 'memory' }, 3)).toEqual({ durability: 'memory' });
  });

  it('puts node i at port 8080 + i unless told otherwise', () => {
    expect(nodeHttpPort(readNodeEnvironment({}), 3)).toBe(8083);
    expect(nodeHttpPort(readNodeEnvironment({ NODE_HTTP_PORT: '9000' }), 3)).toBe(9000);
    expect(nodeHttpPort(readNodeEnvironment({ NODE_HTTP_PORT: '0' }), 3)).toBe(0);
  });

  it.each<[Environment, string]>([
    [{ NODE_ID: 'one' }, 'NODE_ID is "one"; allowed: an integer from 0 to 1023'],
    [{ NODE_ID: '-1' }, 'NODE_ID is "-1"; allowed: an integer from 0 to 1023'],
    [{ NODE_ID: '1024' }, 'NODE_ID is "1024"; allowed: an integer from 0 to 1023'],
    [
      { NODE_HTTP_PORT: '65536' },
      'NODE_HTTP_PORT is "65536"; allowed: a port, 0 to 65535 (0: any free one)',
    ],
    [
      { REDIS_URL: 'localhost:6379' },
      'REDIS_URL does not start with redis:// or rediss://; allowed: redis://[user:password@]host:port[/database] (rediss:// for TLS)',
    ],
    [{ DURABILITY: 'maybe' }, 'DURABILITY is "maybe"; allowed: fsync, async, memory'],
    [
      { DURABILITY: 'async' },
      'DURABILITY is "async"; allowed: memory, unless DATA_DIR names a directory',
    ],
    [
      { DURABILITY: 'memory', DATA_DIR: 'data' },
      'DURABILITY is "memory"; allowed: fsync, async (DATA_DIR is set; memory needs none)',
    ],
    [{ FAULT: 'evil' }, `FAULT is "evil"; allowed: ${FAULT_KINDS.join(', ')}`],
    [{ FAULT_INJECTION: 'yes' }, 'FAULT_INJECTION is "yes"; allowed: on, off'],
    [
      { LOG_LEVEL: 'loud\nand clear' },
      'LOG_LEVEL is "loud\\nand clear"; allowed: fatal, error, warn, info, debug, trace, silent',
    ],
  ])('refuses %j', (environment, message) => {
    expect(() => readNodeEnvironment(environment)).toThrow(
      expect.objectContaining({ name: ConfigurationError.name, message }),
    );
  });

  it.each(['http://a:1', 'http://a:1,http://b:1,http://c:1,http://d:1,http://e:1'])(
    'D10, sibling: refuses %s for four members, as URLs count by their place',
    (urls) => {
      const config = developmentCluster({ nodes: 4, mode: 'ccro' });
      const environment = readNodeEnvironment({ NODE_URLS: urls });
      expect(() => requireNodeUrls(environment, config)).toThrow(
        /^NODE_URLS names [15] nodes; allowed: 4, one for each member of local$/,
      );
      requireNodeUrls(readNodeEnvironment({}), config);
      const NODE_URLS = Array.from({ length: 4 }, (_, id) => `http://a:${id + 1}`).join();
      requireNodeUrls(readNodeEnvironment({ NODE_URLS }), config);
    },
  );

  it('never shows a password', () => {
    const environment = { REDIS_URL: 'http://user:top@secret@redis.example' };
    expect(() => readNodeEnvironment(environment)).toThrow(
      /^REDIS_URL does not start with [^@]*allowed: redis:\/\/\[user:password@\][^@]*$/,
    );
  });
});

describe('the environment of the gateway', () => {
  it('has defaults', () => {
    expect(readGatewayEnvironment({})).toEqual({
      configPath: 'config/local.json',
      redisUrl: 'redis://127.0.0.1:6379',
      redisCaFile: undefined,
      httpHost: '127.0.0.1',
      port: 3000,
      clientId: 'gateway',
      faultInjection: false,
      experiments: true,
      logLevel: 'info',
      requestTimeoutMs: 5000,
      overloadWaitMs: 500,
      idempotencyRetentionMs: 0,
      keyFile: undefined,
      apiKeysFile: undefined,
      corsOrigins: [],
      rateLimit: undefined,
    });
  });

  it('reads its own variables', () => {
    const own = {
      GATEWAY_PORT: '0',
      CLIENT_ID: 'east',
      REQUEST_TIMEOUT_MS: '250',
      OVERLOAD_WAIT_MS: '80',
      API_KEYS_FILE: 'keys.json',
      CORS_ORIGINS: 'https://a.example, http://localhost:8000',
      RATE_LIMIT: '20',
    };
    // Set for nodes in the same file, and of no use here.
    const variables = { ...own, DATA_DIR: 'data', DURABILITY: 'fsync' };
    expect(readGatewayEnvironment(variables)).toMatchObject({
      port: 0,
      clientId: 'east',
      requestTimeoutMs: 250,
      overloadWaitMs: 80,
      apiKeysFile: 'keys.json',
      corsOrigins: ['https://a.example', 'http://localhost:8000'],
      rateLimit: 20,
    });
  });

  it('keeps idempotency keys for ever, or for days', () => {
    const week = readGatewayEnvironment({ IDEMPOTENCY_RETENTION: '7' });
    expect(week.idempotencyRetentionMs).toBe(7 * 24 * 3600 * 1000);
  });

  it.each<[Environment, RegExp]>([
    [{ GATEWAY_PORT: '3e3' }, /^GATEWAY_PORT is "3e3"; allowed: a port/],
    [{ RATE_LIMIT: '0' }, /^RATE_LIMIT is "0"; allowed: requests a second, 1 to 1000/],
    [{ CORS_ORIGINS: '*' }, /^CORS_ORIGINS is "\*"; allowed: origins such as https:/],
    [{ CORS_ORIGINS: 'https://a.example/' }, /^CORS_ORIGINS is .*; allowed: origins such as/],
    [{ CLIENT_ID: 'a b' }, /^CLIENT_ID is "a b"; allowed: 1 to 64/],
    [
      { REQUEST_TIMEOUT_MS: '0' },
      /^REQUEST_TIMEOUT_MS is "0"; allowed: milliseconds, 1 to 600000$/,
    ],
    [{ OVERLOAD_WAIT_MS: '9' }, /^OVERLOAD_WAIT_MS is "9"; allowed: milliseconds, 10 to 600000$/],
    [
      { IDEMPOTENCY_RETENTION: '0' },
      /^IDEMPOTENCY_RETENTION is "0"; allowed: days, 1 to 36500 \(unset: for ever\)$/,
    ],
  ])('refuses %j', (environment, message) => {
    expect(() => readGatewayEnvironment(environment)).toThrow(message);
  });
});
