import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { decompress } from '../common/body/compressed-body.js';
import { readJson, requireUtf8, unsupportedMediaType } from '../common/body/json-body.js';
import { markStrict, prefersStrict } from '../common/body/strict-handling.js';
import { allowSlowFile } from './client-error.js';
import { Turns } from './turns.js';

const JSON_TYPE = 'application/json';

/** Bodies of routes that take a file; no other limit than the route's own holds for them. */
const FILE_TYPES = ['text/csv', 'application/x-ndjson'];

/** Types such as `application/merge-patch+json`, which is what every PATCH here means; a JSON Patch means something else. */
const JSON_DIALECT = /^application\/(?!json-patch\+)[^;]+\+json(?:;|$)/;

/** A body of this size or more takes milliseconds to read, so it takes turns with all else. */
const LARGE_BYTES = 65_536;

/**
 * Bodies are JSON, and are parsed by a hook: Fastify ends the connection of every client whose body its parsers refuse.
 * `maxBytes` is how large one may be once it is decompressed.
 */
export function readBodies(instance: FastifyInstance, maxBytes: number): void {
  const turns = new Turns();
  instance.removeAllContentTypeParsers();
  for (const type of [JSON_TYPE, JSON_DIALECT])
    instance.addContentTypeParser(type, { parseAs: 'buffer' }, (_request, bytes, done) => {
      done(null, bytes.length === 0 ? undefined : bytes);
    });
  instance.addContentTypeParser(FILE_TYPES, (request, stream, done) => {
    if (request.routeOptions.config.takesFile !== true) {
      done(unsupportedMediaType(request.headers['content-type'] ?? ''));
      return;
    }
    allowSlowFile(request.raw);
    done(null, stream);
  });
  instance.addContentTypeParser('*', (request, _unread, done) => {
    done(unsupportedMediaType(request.headers['content-type'] ?? ''));
  });
  instance.addHook('preHandler', (request, reply, done) => {
    const { body: bytes } = request;
    // The handler of a file reads it, and says what else it may be. On a path that does not exist, the hook runs twice.
    if (!Buffer.isBuffer(bytes) || request.routeOptions.config.takesFile === true) {
      done();
      return;
    }
    const { 'content-type': type = '', 'content-encoding': coding } = request.headers;
    if (type !== JSON_TYPE) requireUtf8(type);
    if (coding === undefined && bytes.length < LARGE_BYTES) {
      readBody(bytes, request, reply);
      done();
      return;
    }
    const read = async (): Promise<void> => {
      const plain = coding === undefined ? bytes : await decompress(bytes, coding, maxBytes);
      if (plain.length < LARGE_BYTES) readBody(plain, request, reply);
      else
        await turns.run(() => {
          readBody(plain, request, reply);
        });
    };
    read().then(() => {
      done();
    }, done);
  });
}

function readBody(bytes: Buffer, request: FastifyRequest, reply: FastifyReply): void {
  const body = (request.body = bytes.length === 0 ? undefined : readJson(bytes));
  if (typeof body !== 'object' || body === null || !prefersStrict(request.headers.prefer)) return;
  markStrict(body);
  void reply.header('Preference-Applied', 'handling=strict');
}
