import { describe, expect, it } from 'vitest';
import { ConfigurationError } from './configuration-error.js';
import {
  nodeHttpPort,
  readGatewayEnvironment,
  readNodeEnvironment,
  type Environment,
} from './environment.js';

describe('the environment of a node', () => {
  it('has defaults', () => {
    expect(readNodeEnvironment({})).toEqual({
      nodeId: undefined,
      configPath: 'config/local.json',
      redisUrl: 'redis://127.0.0.1:6379',
      httpHost: '127.0.0.1',
      httpPort: undefined,
      durability: 'memory',
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
      REDIS_URL: 'rediss://user:secret@redis.example:6380/1',
      NODE_HTTP_PORT: '0',
      DURABILITY: 'memory',
      FAULT: 'silent-collector',
      FAULT_INJECTION: 'on',
      LOG_LEVEL: 'trace',
      KEY_FILE: 'node.key',
      PATH: 'of no interest',
    });
    expect(environment).toEqual({
      nodeId: 3,
      configPath: 'cluster.json',
      redisUrl: 'rediss://user:secret@redis.example:6380/1',
      httpHost: '127.0.0.1',
      httpPort: 0,
      durability: 'memory',
      fault: 'silent-collector',
      faultInjection: true,
      logLevel: 'trace',
      keyFile: 'node.key',
    });
  });

  it('takes an empty value for none', () => {
    const empty = { NODE_ID: '', REDIS_URL: '', FAULT: '', LOG_LEVEL: '' };
    expect(readNodeEnvironment(empty)).toEqual(readNodeEnvironment({}));
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
      'REDIS_URL is "localhost:6379"; allowed: a URL that starts with redis:// or rediss://',
    ],
    [{ DURABILITY: 'maybe' }, 'DURABILITY is "maybe"; allowed: fsync, async, memory'],
    [
      { DURABILITY: 'fsync' },
      'DURABILITY is "fsync"; allowed: memory (there is no durable store yet)',
    ],
    [
      { FAULT: 'evil' },
      'FAULT is "evil"; allowed: offline, falsify, false-replies, equivocate, double-vote, ' +
        'silent-collector, forge-certificate, delay',
    ],
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

  it('never shows a password', () => {
    const environment = { REDIS_URL: 'http://user:top@secret@redis.example' };
    expect(() => readNodeEnvironment(environment)).toThrow(
      'REDIS_URL is "***@redis.example"; allowed',
    );
  });
});

describe('the environment of the gateway', () => {
  it('has defaults', () => {
    expect(readGatewayEnvironment({})).toEqual({
      configPath: 'config/local.json',
      redisUrl: 'redis://127.0.0.1:6379',
      httpHost: '127.0.0.1',
      port: 3000,
      clientId: 'gateway',
      faultInjection: false,
      logLevel: 'info',
      requestTimeoutMs: 5000,
      keyFile: undefined,
    });
  });

  it('reads its own variables', () => {
    const variables = { GATEWAY_PORT: '0', CLIENT_ID: 'east', REQUEST_TIMEOUT_MS: '250' };
    expect(readGatewayEnvironment(variables)).toMatchObject({
      port: 0,
      clientId: 'east',
      requestTimeoutMs: 250,
    });
  });

  it.each<[Environment, RegExp]>([
    [{ GATEWAY_PORT: '3e3' }, /^GATEWAY_PORT is "3e3"; allowed: a port/],
    [{ CLIENT_ID: 'a b' }, /^CLIENT_ID is "a b"; allowed: 1 to 64/],
    [
      { REQUEST_TIMEOUT_MS: '0' },
      /^REQUEST_TIMEOUT_MS is "0"; allowed: milliseconds, 1 to 600000$/,
    ],
  ])('refuses %j', (environment, message) => {
    expect(() => readGatewayEnvironment(environment)).toThrow(message);
  });
});
