import { Controller, Get, Module, Post } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { newApiKey } from '@ccro/cluster-config';
import { createHttpAdapter } from '@ccro/http';
import { Registry } from 'prom-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { guardRoutes } from './auth-hook.js';

@Controller('admin')
class AdminController {
  @Get('queues')
  show(): string {
    return 'queues';
  }

  @Post('queues')
  change(): string {
    return 'changed';
  }
}

@Module({ controllers: [AdminController], providers: [Registry] })
class AdminModule {}

const admin = newApiKey({ name: 'ops', role: 'admin' });
const submitter = newApiKey({ name: 'shop', role: 'submit' });
const basic = (key: string) => `Basic ${Buffer.from(`me:${key}`).toString('base64')}`;

let app: NestFastifyApplication;

beforeAll(async () => {
  app = await NestFactory.create<NestFastifyApplication>(AdminModule, createHttpAdapter(1024), {
    logger: ['error'],
    bodyParser: false,
  });
  const apiKeys = [admin.entry, submitter.entry];
  guardRoutes(app, { apiKeys, rateLimit: undefined });
  await app.init();
});
afterAll(() => app.close());

async function status(
  method: 'GET' | 'POST',
  headers: Readonly<Record<string, string>>,
): Promise<number> {
  return (await app.inject({ method, url: '/admin/queues', headers })).statusCode;
}

describe('the area of admins', () => {
  it('is for their keys alone, which a browser may send as a password', async () => {
    const headers = [
      { authorization: `Bearer ${admin.key}` },
      { authorization: basic(admin.key) },
      { authorization: basic(submitter.key) },
      { authorization: basic('wrong') },
    ];
    const answers = await Promise.all(headers.map((each) => status('GET', each)));
    expect(answers).toEqual([200, 200, 403, 401]);
  });

  it('has a browser ask for the password', async () => {
    const answer = await app.inject({ method: 'GET', url: '/admin/queues' });
    expect(answer.statusCode).toBe(401);
    expect(answer.headers['www-authenticate']).toMatch(/^Basic realm=.*, Bearer realm="ccro"$/);
    expect(answer.headers['content-security-policy']).toContain("style-src 'self' 'unsafe-inline'");
  });

  it('changes nothing when the page of another site has a browser ask for it', async () => {
    const remembered = { authorization: basic(admin.key) };
    const from = (site: string) => status('POST', { ...remembered, 'sec-fetch-site': site });
    expect(await from('same-origin')).toBe(201);
    expect(await status('POST', remembered)).toBe(201);
    expect([await from('cross-site'), await from('same-site')]).toEqual([403, 403]);
  });
});
