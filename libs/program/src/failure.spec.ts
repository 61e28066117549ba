import { once } from 'node:events';
import { createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { exitCodeOf, explainFailure } from './failure.js';

function systemError(code: string, path?: string): Error {
  return Object.assign(new Error(`${code}: said by the system`), { code, path });
}

describe('what a program says before it ends', () => {
  it.each([
    ['ENOSPC', /^\/out\/results\.json: the disk is full: make room.*ENOSPC/],
    ['EDQUOT', /quota/],
    ['EROFS', /read-only/],
    ['EACCES', /permissions/],
    ['EISDIR', /^\/out\/results\.json: it is a directory: name a file \(EISDIR/],
    ['ENOTDIR', /no directory/],
    ['EEXIST', /something else is there/],
    ['ENOENT', /correct the path/],
    ['ELOOP', /links/],
    ['ENAMETOOLONG', /shorter/],
    ['EMFILE', /open files and connections: raise its limit \('ulimit -n'/],
    ['ENFILE', /this machine has used up its open files/],
  ])('F2, F4, sibling: %s of any file is one line that says what to do', (code, line) => {
    const said = explainFailure(systemError(code, '/out/results.json'), 'PORT');
    expect(said).toMatch(line);
    expect(said).not.toContain('\n');
  });

  it('names the port that is taken, and how to choose another one', () => {
    const taken = Object.assign(systemError('EADDRINUSE'), { syscall: 'listen', port: 3000 });
    expect(explainFailure(taken, 'GATEWAY_PORT')).toBe(
      'port 3000 is taken: set GATEWAY_PORT to another one (0: any free one)',
    );
  });

  it.each(['192.0.2.1', 'fe80::1'])('D8: names the setting of an address: %s', async (host) => {
    const server = createServer().listen(0, host);
    const [error] = await once(server, 'error');
    expect(explainFailure(error, 'PORT')).toMatch(
      new RegExp(`^HTTP_HOST is "${host}", where .* \\(listen E[A-Z]+: .*\\); allowed: an address`),
    );
  });

  it('D8, sibling: names the setting of a name without an address', () => {
    const given = { code: 'ENOTFOUND', syscall: 'getaddrinfo', hostname: 'localhost' };
    const failure = Object.assign(new Error('getaddrinfo ENOTFOUND localhost'), given);
    expect(explainFailure(failure, 'PORT')).toMatch(
      /^HTTP_HOST is "localhost", where .* \(getaddrinfo ENOTFOUND localhost\); allowed: an address/,
    );
  });

  it('D8, sibling: names the setting of a port that is for some users alone', () => {
    const given = { syscall: 'listen', port: 80, address: '0.0.0.0' };
    const refused = Object.assign(new Error('listen EACCES: permission denied 0.0.0.0:80'), given);
    expect(explainFailure(Object.assign(refused, { code: 'EACCES' }), 'GATEWAY_PORT')).toBe(
      'port 80 is not for every user (listen EACCES: permission denied 0.0.0.0:80): set ' +
        'GATEWAY_PORT to one from 1024 on (0: any free one)',
    );
  });

  it('I8, sibling: escapes what an error quotes', () => {
    const quoted = Object.assign(new Error('bad \u001b[2J value'), { name: 'ConfigurationError' });
    expect(explainFailure(quoted, '')).toBe('bad \\u{1b}[2J value');
    expect(explainFailure('thrown\nas text', '')).toBe('thrown\\nas text');
  });

  it('H7: exits with 2 for what was typed, with 1 for everything else', () => {
    const named = (name: string, setting?: string) =>
      Object.assign(new Error('x'), { name, ...(setting === undefined ? {} : { setting }) });
    expect(exitCodeOf(named('OptionError'))).toBe(2);
    expect(exitCodeOf(named('ConfigurationError', '--out'))).toBe(2);
    expect(exitCodeOf(named('ConfigurationError', 'NODE_ID'))).toBe(1);
    expect(exitCodeOf(named('StoreError'))).toBe(1);
    expect(exitCodeOf('anything')).toBe(1);
  });
});
