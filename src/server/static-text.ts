import type { FastifyInstance, FastifyRequest } from 'fastify';
import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import { takesCoding } from './accept-encoding.js';

/** A text that stays the same while the process runs. */
interface StaticText {
  path: string;
  mediaType: string;
  /** Called at the first request. */
  read: () => Promise<Buffer>;
  /** Headers beside the usual ones, or instead of them. */
  headers?: (request: FastifyRequest) => Record<string, string>;
}

/** The highest level saves another tenth of a script of 1.6 MB, and takes seconds, for which its first reader would wait. */
const BROTLI = { params: { [constants.BROTLI_PARAM_QUALITY]: 5 } };

const compressBrotli = promisify(brotliCompress);
const compressGzip = promisify<Buffer, Buffer>(gzip);

/** In the order of preference. */
const CODINGS = ['br', 'gzip'] as const;

/** Serves a text to everyone: read and compressed once, when it is first asked for, and sent again only if it has changed. */
export function serveText(instance: FastifyInstance, { path, mediaType, read, headers: own }: StaticText): void {
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
  };
  instance.get(path, { config: { access: 'public' } }, async (request, reply) => {
    const { headers } = request;
    // Where the answer differs by origin, that is said already.
    if (!reply.hasHeader('Vary')) void reply.header('Vary', 'Accept-Encoding');
    void reply.headers({ 'Cache-Control': 'no-cache', ETag: await tag(), ...own?.(request) });
    if (hasTag(headers['if-none-match'], await tag())) return reply.status(304).send();
    const coding = CODINGS.find((each) => takesCoding(headers['accept-encoding'], each));
    if (coding !== undefined) void reply.header('Content-Encoding', coding);
    return reply.type(mediaType).send(await (coding === undefined ? text() : encoded[coding]()));
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
