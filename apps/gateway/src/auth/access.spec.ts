import { describe, expect, it } from 'vitest';
import { newApiKey } from '@ccro/cluster-config';
import { accessTo, allows, type Access } from './access.js';
import { KeyRing } from './key-ring.js';

describe('accessTo', () => {
  it.each<[string, string | undefined, Access]>([
    ['GET', '/status', 'read'],
    ['HEAD', '/status', 'read'],
    ['POST', '/requests', 'submit'],
    ['DELETE', '/kv/:key', 'submit'],
    ['GET', undefined, 'read'],
    ['PROPFIND', undefined, 'submit'],
    ['GET', '/assets/main.js', 'open'],
    ['GET', '/docs', 'open'],
    ['GET', '/docs-json', 'open'],
    ['GET', '/docs/swagger-ui.css', 'open'],
    ['POST', '/docs', 'submit'],
    ['GET', '/docsearch', 'read'],
    ['GET', '/admin', 'admin'],
    ['GET', '/admin/queues/*', 'admin'],
    ['GET', '/administration', 'read'],
  ])('%s %s: %s', (method, url, access) => {
    expect(accessTo(method, url)).toBe(access);
  });

  it('is what a route says of itself, but for the part of admins', () => {
    expect(accessTo('PUT', '/nodes/:id/fault', { access: 'admin' })).toBe('admin');
    expect(accessTo('GET', '/', { access: 'open' })).toBe('open');
    expect(accessTo('GET', '/admin/x', { access: 'open' })).toBe('admin');
  });
});

describe('allows', () => {
  it('each role what the ones before it may, and more', () => {
    const table = (['read', 'submit', 'admin'] as const).map((role) =>
      (['open', 'read', 'submit', 'admin'] as const).filter((access) => allows(role, access)),
    );
    expect(table).toEqual([
      ['open', 'read'],
      ['open', 'read', 'submit'],
      ['open', 'read', 'submit', 'admin'],
    ]);
  });
});

describe('KeyRing', () => {
  const { key, entry } = newApiKey({ name: 'ann', role: 'read' });
  const other = newApiKey({ name: 'bob', role: 'admin' });
  const ring = new KeyRing([entry, other.entry]);
  const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;

  it('knows keys however the scheme is spelt', () => {
    expect(ring.identify(`Bearer ${key}`)).toBe(entry);
    expect(ring.identify(`bearer   ${other.key}`)).toBe(other.entry);
  });

  it.each([
    `Bearer ${entry.sha256}`,
    `Bearer x${key}`,
    `Bearer ${key} x`,
    `Digest ${key}`,
    key,
    '',
  ])('does not know what %s shows', (header) => {
    expect(ring.identify(header)).toBe('unknown');
  });

  it('tells digests apart that begin alike', () => {
    const last = entry.sha256.endsWith('0') ? '1' : '0';
    const alike = { ...other.entry, sha256: `${entry.sha256.slice(0, -1)}${last}` };
    const twins = new KeyRing([alike, entry]);
    expect(twins.identify(`Bearer ${key}`)).toBe(entry);
    expect(new KeyRing([alike]).identify(`Bearer ${key}`)).toBe('unknown');
  });

  it('takes passwords of Basic only where it is told to', () => {
    expect(ring.identify(basic(`anybody:${other.key}`), true)).toBe(other.entry);
    expect(ring.identify(basic(other.key), true)).toBe(other.entry);
    expect(ring.identify(basic(`x:${other.key}`))).toBe('unknown');
    expect(ring.identify(undefined, true)).toBe('none');
  });
});
