import type { FastifyInstance, FastifyReply, FastifyRequest, RouteHandlerMethod } from 'fastify';
import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import { takesCoding } from './accept-encoding.js';

/** A text that stays the same while the process runs. */
interface StaticText {
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

/** Routes without a key. */
export const PUBLIC = { config: { access: 'public' } } as const;

/** Serves a text to everyone. */
export function serveText(instance: FastifyInstance, { path, ...text }: StaticText & { path: string }): void {
  instance.get(path, PUBLIC, sendText(text));
}

/** Sends a text that is read and compressed once, when it is first asked for, and sends it again only if it has changed. */
export function sendText({ mediaType, read, headers: own }: StaticText): RouteHandlerMethod {
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
  return async (request: FastifyRequest, reply: FastifyReply) => {
    const { headers } = request;
    // Where the answer differs by origin, that is said already.
    if (!reply.hasHeader('Vary')) void reply.header('Vary', 'Accept-Encoding');
    void reply.headers({ 'Cache-Control': 'no-cache', ETag: await tag(), ...own?.(request) });
    // A condition counts only where the response would be a success (RFC 9110, section 13.2.1).
    if (reply.statusCode === 200 && hasTag(headers['if-none-match'], await tag())) return reply.status(304).send();
    const coding = CODINGS.find((each) => takesCoding(headers['accept-encoding'], each));
    if (coding !== undefined) void reply.header('Content-Encoding', coding);
    return reply.type(mediaType).send(await (coding === undefined ? text() : encoded[coding]()));
  };
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
