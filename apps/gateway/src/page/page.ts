import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { nearestBuilt } from '@ccro/program';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { pathOf } from '../metrics/http-metrics.js';
import { PAGE_PATHS } from '../../../dashboard/src/page/paths.js';

/** Browsers get the page there, programs what the path answers them. */
const PATHS: ReadonlySet<string> = new Set(PAGE_PATHS);

/** The page of apps/dashboard as it was built. */
export class Page {
  private constructor(
    /** Text of index.html; undefined where no page was built. */
    readonly html: string | undefined,
    private readonly assets: readonly Asset[],
  ) {}

  /** @param directory where it is; by default the nearest dist/dashboard above this file */
  static read(directory = nearestBuilt('dashboard', import.meta.url)): Page {
    const index = directory === undefined ? undefined : join(directory, 'index.html');
    if (directory === undefined || index === undefined || !existsSync(index)) {
      return new Page(undefined, []);
    }
    return new Page(readFileSync(index, 'utf8'), readAssets(join(directory, 'assets')));
  }

  /** Serves the page to browsers, at each of its paths, and what it consists of. */
  serve(app: NestFastifyApplication): void {
    const { html } = this;
    if (html === undefined) return;
    const http = app.getHttpAdapter().getInstance();
    http.addHook('onRequest', async (request, reply) => {
      if (request.method !== 'GET' || !PATHS.has(pathOf(request.url))) return;
      // The same address answers programs otherwise.
      reply.header('vary', [reply.getHeader('vary') ?? [], 'accept'].flat().join(', '));
      if (request.headers.accept?.includes('text/html') !== true) return;
      await reply.headers(PAGE_HEADERS).send(html);
    });
    // A route for each file there is: no other name is looked up.
    for (const { name, type, content } of this.assets) {
      http.get(`/assets/${name}`, (_request, reply) =>
        reply.headers({ ...ASSET_HEADERS, 'content-type': type }).send(content),
      );
    }
  }
}

/**
 * A file whose name changes with what is in it. All are kept in memory, about a megabyte: an answer that nobody reads
 * would keep a file open, and one connection can ask for hundreds.
 */
interface Asset {
  readonly name: string;
  readonly type: string;
  readonly content: Buffer;
}

const TYPES: ReadonlyMap<string, string> = new Map([
  ['.css', 'text/css; charset=utf-8'],
  ['.js', 'text/javascript; charset=utf-8'],
  ['.svg', 'image/svg+xml'],
]);

function readAssets(directory: string): Asset[] {
  return readdirSync(directory, { withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ name }) => ({
      name,
      type: TYPES.get(extname(name)) ?? 'application/octet-stream',
      content: readFileSync(join(directory, name)),
    }));
}

const ASSET_HEADERS = { 'cache-control': 'public, max-age=31536000, immutable' } as const;

/** Sent with the page, besides the headers that every answer has (`security-headers.ts`). */
const PAGE_HEADERS = {
  'content-type': 'text/html; charset=utf-8',
  'cache-control': 'no-cache',
} as const;
