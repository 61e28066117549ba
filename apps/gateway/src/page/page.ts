import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fastifyStatic from '@fastify/static';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';

/** The page of apps/dashboard as it was built. */
export class Page {
  private constructor(
    /** Text of index.html; undefined where no page was built. */
    readonly html: string | undefined,
    /** Files whose names change with what is in them. */
    private readonly assets: string | undefined,
  ) {}

  /** @param directory where it is; by default dist/dashboard of the installation */
  static read(directory = builtPage()): Page {
    const index = directory === undefined ? undefined : join(directory, 'index.html');
    if (directory === undefined || index === undefined || !existsSync(index)) {
      return new Page(undefined, undefined);
    }
    return new Page(readFileSync(index, 'utf8'), join(directory, 'assets'));
  }

  /** Serves what the page consists of, but for the page itself. */
  async serveAssets(app: NestFastifyApplication): Promise<void> {
    if (this.assets === undefined) return;
    await app.getHttpAdapter().getInstance().register(fastifyStatic, {
      root: this.assets,
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

/** Sent with the page: it loads nothing from elsewhere and is no part of another page. */
export const PAGE_HEADERS = {
  'content-type': 'text/html; charset=utf-8',
  'cache-control': 'no-cache',
  'content-security-policy':
    "default-src 'self'; object-src 'none'; base-uri 'none'; " +
    "form-action 'self'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
} as const;

/** The nearest dist/dashboard above this file, be it source, compiled or bundled. */
function builtPage(): string | undefined {
  let directory = dirname(fileURLToPath(import.meta.url));
  for (;;) {
    const page = join(directory, 'dist', 'dashboard');
    if (existsSync(page)) return page;
    const parent = dirname(directory);
    if (parent === directory) return undefined;
    directory = parent;
  }
}
