import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { gzip } from 'node:zlib';
import { takesCoding } from './accept-encoding.js';

/** More than a list of 20 has, which would take two fifths more CPU (decision 4). */
const SMALLEST_LENGTH = 32_768;

/** JSON of many objects is a twentieth with the fastest; slower ones save little more. */
const OPTIONS = { level: 1 };

/**
 * Compresses large JSON for clients that take gzip, beside the event loop. The ETag of a compressed answer is weak, as the
 * same one stands for other bytes.
 */
export function compressAnswers(instance: FastifyInstance): void {
  instance.addHook('onSend', (request, reply, payload, done) => {
    if (typeof payload === 'string' && payload.length >= SMALLEST_LENGTH && isWanted(request, reply))
      compress(payload, reply, done);
    else done();
  });
}

function isWanted({ headers }: FastifyRequest, reply: FastifyReply): boolean {
  const type = String(reply.getHeader('Content-Type'));
  return (
    type.startsWith('application/json') &&
    !reply.hasHeader('Content-Encoding') &&
    takesCoding(headers['accept-encoding'], 'gzip')
  );
}

function compress(
  payload: string,
  reply: FastifyReply,
  done: (error: Error | null, compressed?: Buffer) => void,
): void {
  gzip(payload, OPTIONS, (error, compressed) => {
    // Meanwhile the time of the request may be over, and the request answered.
    if (reply.sent) return;
    if (error !== null) {
      done(error);
      return;
    }
    void reply.header('Content-Encoding', 'gzip');
    const etag = reply.getHeader('ETag');
    if (typeof etag === 'string') void reply.header('ETag', `W/${etag}`);
    done(null, compressed);
  });
}
