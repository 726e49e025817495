import type { OpenAPIObject } from '@nestjs/swagger';
import type { FastifyInstance } from 'fastify';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { compactDocument } from './openapi-compact.js';
import { serveText } from './static-text.js';

const JAVASCRIPT = 'text/javascript; charset=utf-8';
const CSS = 'text/css; charset=utf-8';

/** The page's own files. */
const OWN = { 'docs-page.js': JAVASCRIPT, 'swagger-ui-plugins.js': JAVASCRIPT, 'docs-page.css': CSS };

/** What it takes from the package of Swagger UI. */
const SWAGGER_UI = { 'swagger-ui-bundle.js': JAVASCRIPT, 'swagger-ui.css': CSS, 'favicon-32x32.png': 'image/png' };

/**
 * The API document, the same for readers with limits, and a page that shows it. To make the document is a fifth of the work
 * of a start, and most processes are never asked for it: it is made at the first request.
 */
export function serveDocuments(instance: FastifyInstance, document: () => OpenAPIObject): void {
  serveJson(instance, '/openapi.json', document);
  serveJson(instance, '/openapi.compact.json', () => compactDocument(document()));
  for (const path of ['/docs', '/docs/'])
    serveText(instance, { path, mediaType: 'text/html; charset=utf-8', read: () => readOwn('index.html') });
  for (const [name, mediaType] of Object.entries(OWN))
    serveText(instance, { path: `/docs/${name}`, mediaType, read: () => readOwn(name) });
  for (const [name, mediaType] of Object.entries(SWAGGER_UI))
    serveText(instance, { path: `/docs/${name}`, mediaType, read: () => readOfSwaggerUi(name) });
  instance.get('/', { config: { access: 'public' } }, (_request, reply) => reply.redirect('/docs'));
}

function serveJson(instance: FastifyInstance, path: string, document: () => OpenAPIObject): void {
  // Bytes are kept rather than the document, which takes ten times as much memory.
  const read = (): Promise<Buffer> => Promise.resolve(Buffer.from(JSON.stringify(document())));
  serveText(instance, { path, mediaType: 'application/json; charset=utf-8', read });
}

function readOwn(name: string): Promise<Buffer> {
  return readFile(new URL(`../docs-page/${name}`, import.meta.url));
}

function readOfSwaggerUi(name: string): Promise<Buffer> {
  return readFile(createRequire(import.meta.url).resolve(`swagger-ui-dist/${name}`));
}
