import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import { nearestBuilt } from '@ccro/program';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { PAGE_PATHS } from '../../../dashboard/src/page/paths.js';

/** Browsers get the page there, programs what the path answers them. */
const PATHS: ReadonlySet<string> = new Set(PAGE_PATHS);

/** The page of apps/dashboard as it was built. */
export class Page {
  private constructor(
    /** Text of index.html; undefined where no page was built. */
    readonly html: string | undefined,
    /** Files whose names change with what is in them. */
    private readonly assets: string | undefined,
  ) {}

  /** @param directory where it is; by default the nearest dist/dashboard above this file */
  static read(directory = nearestBuilt('dashboard', import.meta.url)): Page {
    const index = directory === undefined ? undefined : join(directory, 'index.html');
    if (directory === undefined || index === undefined || !existsSync(index)) {
      return new Page(undefined, undefined);
    }
    return new Page(readFileSync(index, 'utf8'), join(directory, 'assets'));
  }

  /** Serves the page to browsers, at each of its paths, and what it consists of. */
  async serve(app: NestFastifyApplication): Promise<void> {
    const { html, assets } = this;
    if (html === undefined || assets === undefined) return;
    app
      .getHttpAdapter()
      .getInstance()
      .addHook('onRequest', async (request, reply) => {
        if (request.method !== 'GET' || !PATHS.has(pathOf(request.url))) return;
        // The same address answers programs otherwise.
        reply.header('vary', [reply.getHeader('vary') ?? [], 'accept'].flat().join(', '));
        if (request.headers.accept?.includes('text/html') !== true) return;
        await reply.headers(PAGE_HEADERS).send(html);
      });
    await app.getHttpAdapter().getInstance().register(fastifyStatic, {
      root: assets,
      prefix: '/assets/',
      index: false,
      // A route for each file there is: no other name reaches the disk.
      wildcard: false,
      decorateReply: false,
      immutable: true,
      maxAge: '365d',
    });
  }
}

/** Sent with the page, besides the headers that every answer has (`security-headers.ts`). */
const PAGE_HEADERS = {
  'content-type': 'text/html; charset=utf-8',
  'cache-control': 'no-cache',
} as const;

function pathOf(url: string): string {
  const end = url.indexOf('?');
  return end < 0 ? url : url.slice(0, end);
}
