import { negotiate } from '@fastify/accept-negotiator';
import type { FastifyInstance } from 'fastify';
import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';

/** A text that stays the same while the process runs. */
export interface StaticText {
  path: string;
  mediaType: string;
  /** Called at the first request. */
  read: () => Promise<Buffer>;
}

/** The highest level saves another tenth of a script of 1.6 MB, and takes seconds, for which its first reader would wait. */
const BROTLI = { params: { [constants.BROTLI_PARAM_QUALITY]: 5 } };

const compressBrotli = promisify(brotliCompress);
const compressGzip = promisify<Buffer, Buffer>(gzip);

/** In the order of preference. */
const ENCODINGS: ('br' | 'gzip' | 'identity')[] = ['br', 'gzip', 'identity'];

/** Serves a text to everyone: read and compressed once, when it is first asked for, and sent again only if it has changed. */
export function serveText(instance: FastifyInstance, { path, mediaType, read }: StaticText): void {
  const text = once(read);
  const tag = once(
    async () =>
      `W/"${createHash('sha256')
        .update(await text())
        .digest('base64url')}"`,
  );
  const encoded = {
    br: once(async () => compressBrotli(await text(), BROTLI)),
    gzip: once(async () => compressGzip(await text())),
    identity: text,
  };
  instance.get(path, { config: { access: 'public' } }, async ({ headers }, reply) => {
    void reply.headers({ 'Cache-Control': 'no-cache', Vary: 'Accept-Encoding', ETag: await tag() });
    if (hasTag(headers['if-none-match'], await tag())) return reply.status(304).send();
    const encoding = negotiate(headers['accept-encoding'] ?? '', ENCODINGS) ?? 'identity';
    if (encoding !== 'identity') void reply.header('Content-Encoding', encoding);
    return reply.type(mediaType).send(await encoded[encoding]());
  });
}

/** Everyone who asks while the work is done waits for it; one that failed is done again. */
function once<T>(work: () => Promise<T>): () => Promise<T> {
  let result: Promise<T> | undefined;
  return () =>
    (result ??= work().catch((error: unknown) => {
      result = undefined;
      throw error;
    }));
}

/** Tags are compared weakly (RFC 9110, section 13.1.2), as a proxy may have weakened or compressed what it passed on. */
function hasTag(header: string | undefined, tag: string): boolean {
  const strong = (text: string): string => text.trim().replace(/^W\//, '');
  return header !== undefined && header.split(',').some((each) => each.trim() === '*' || strong(each) === strong(tag));
}
