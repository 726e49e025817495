import type { FastifyInstance, FastifyRequest, RouteHandlerMethod } from 'fastify';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { missingRoute } from './method-not-allowed.js';
import { PUBLIC, sendText, serveText } from './static-text.js';

/** Where the compiled modules are. */
const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** The page, and the sample deals that it can put into an empty workspace. */
const FOLDERS = ['app-page', 'sample'];

/** The packages of the page: their names as its modules import them, the folder of each, and the file a browser takes. */
const PACKAGES: Record<string, { folder: string; file: string }> = {
  preact: { folder: 'preact', file: 'dist/preact.mjs' },
  'preact/hooks': { folder: 'preact', file: 'hooks/dist/hooks.mjs' },
  'preact/jsx-runtime': { folder: 'preact', file: 'jsx-runtime/dist/jsxRuntime.mjs' },
  '@preact/signals': { folder: '@preact/signals', file: 'dist/signals.mjs' },
  '@preact/signals-core': { folder: '@preact/signals-core', file: 'dist/signals-core.mjs' },
};

const MEDIA_TYPES: Record<string, string> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** Every view has an address of its own; the page itself finds out which one is meant. */
const VIEWS = [
  '',
  '/deals/:id',
  '/reports',
  '/reports/:name',
  '/webhooks',
  '/webhooks/:id',
  '/imports',
  '/imports/:id',
];

/** Everything from this service, nothing from elsewhere, no script or style within the page. */
const POLICY = [
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'",
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
].join('; ');

const PAGE_HEADERS = { 'Content-Security-Policy': POLICY, 'Referrer-Policy': 'no-referrer' };

/** A file of the page: its address below the version, and where it lies. */
interface PageFile {
  path: string;
  file: string;
}

/**
 * The page for people, a client of the API like any other. Its modules go out as they were compiled. Their addresses begin
 * with a hash of all of them, so browsers may keep them for ever, and never mix those of two versions.
 */
export function serveAppPage(instance: FastifyInstance): void {
  const files = [...ownFiles(), ...packageFiles()];
  const version = once(() => versionOf(files));
  const sendPage = sendText({
    mediaType: 'text/html; charset=utf-8',
    read: () => pageText(version(), files),
    headers: () => PAGE_HEADERS,
  });
  for (const view of VIEWS) instance.get(`/app${view}`, PUBLIC, sendPage);
  instance.get('/app/*', PUBLIC, elsewhere(sendPage));
  const isCurrent = ({ params }: FastifyRequest): boolean => (params as { version: string }).version === version();
  for (const each of files)
    serveText(instance, {
      path: `/app/assets/:version/${each.path}`,
      mediaType: MEDIA_TYPES[extname(each.path)] ?? '',
      read: () => readModule(each),
      headers: (request) => (isCurrent(request) ? { 'Cache-Control': 'public, max-age=31536000, immutable' } : {}),
    });
}

/** A person who follows an old link gets the page, which says so and shows the way back; a program gets the usual error. */
function elsewhere(sendPage: RouteHandlerMethod): RouteHandlerMethod {
  return function (request, reply) {
    const vary = reply.getHeader('Vary') ?? 'Accept-Encoding';
    void reply.header('Vary', `${String(vary)}, Accept`);
    if (!takesHtml(request.headers.accept)) throw missingRoute(request);
    return sendPage.call(this, request, reply.status(404));
  };
}

/** Browsers name HTML when they open an address; whoever takes anything is no browser. */
function takesHtml(accept = ''): boolean {
  return accept.split(',').some((entry) => /^\s*text\/html\s*(?:;(?!\s*q=0(?:\.0*)?\s*$)|$)/i.test(entry));
}

function ownFiles(): PageFile[] {
  return FOLDERS.flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => extname(name) in MEDIA_TYPES)
      .map((name) => ({ path: `${folder}/${name.replaceAll('\\', '/')}`, file: join(ROOT, folder, name) }))
      .sort((one, other) => (one.path < other.path ? -1 : 1)),
  );
}

function packageFiles(): PageFile[] {
  const require = createRequire(import.meta.url);
  return Object.entries(PACKAGES).map(([name, { folder, file }]) => {
    const entry = require.resolve(folder);
    const root = entry.slice(0, entry.lastIndexOf(join('node_modules', folder)) + join('node_modules', folder).length);
    return { path: addressOf(name), file: join(root, file) };
  });
}

function addressOf(name: string): string {
  return `packages/${name.replace('@', '').replaceAll('/', '-')}.js`;
}

/** A browser imports by address alone: names of packages become those. */
async function readModule({ path, file }: PageFile): Promise<Buffer> {
  const bytes = await readFile(file);
  if (!path.endsWith('.js')) return bytes;
  const up = '../'.repeat(path.split('/').length - 1);
  const text = bytes
    .toString()
    .replaceAll(/\bfrom ?(["'])([^"'.][^"']*)\1/g, (all, _quote, name: string) =>
      name in PACKAGES ? `from "${up}${addressOf(name)}"` : all,
    )
    .replace(/\/\/# sourceMappingURL=.*\s*$/, '');
  return Buffer.from(text);
}

async function pageText(version: string, files: readonly PageFile[]): Promise<Buffer> {
  const base = `/app/assets/${version}/`;
  const modules = files.filter(({ path }) => path.endsWith('.js') && !path.startsWith('sample/'));
  // Without these a browser would learn of each module from the one that imports it, one round trip after the other.
  const links = modules.map(({ path }) => `<link rel="modulepreload" href="${base}${path}" />`).join('\n    ');
  const text = await readFile(join(ROOT, 'app-page', 'index.html'), 'utf8');
  return Buffer.from(text.replaceAll('"./', `"${base}app-page/`).replace('<!-- modules -->', links));
}

function versionOf(files: readonly PageFile[]): string {
  const hash = createHash('sha256');
  for (const { path, file } of files) hash.update(path).update(readFileSync(file));
  return hash.digest('base64url').slice(0, 12);
}

function once<T>(make: () => T): () => T {
  let value: T | undefined;
  return () => (value ??= make());
}
