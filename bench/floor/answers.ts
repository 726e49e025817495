import type { FastifyReply } from 'fastify';
import { stringifyExact } from '../../src/common/json/exact-number.js';

/** A row as it is answered; what is undefined is not in the answer. */
export interface Row {
  id: string;
  version?: number | undefined;
  total_count?: number | undefined;
  place?: number | null | undefined;
  image?: string | null;
  image_view?: string | null;
  items?: Row[];
}

export function answer(reply: FastifyReply, body: object): FastifyReply {
  return reply.header('content-type', 'application/json; charset=utf-8').send(stringifyExact(body));
}

/** With its version as `ETag`. */
export function answerObject(reply: FastifyReply, row: Row): FastifyReply {
  void reply.header('etag', `"${row.version ?? 0}"`);
  row.version = undefined;
  return answer(reply, row);
}

export function missing(reply: FastifyReply): FastifyReply {
  return answer(reply.status(404), { error: { type: 'invalid_request_error', code: 'resource_missing' } });
}
