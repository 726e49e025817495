import type { FastifyRequest } from 'fastify';
import { invalidParameter } from '../errors/api.exception.js';
import type { ParameterErrors } from '../errors/parameter-errors.js';

const HEADER = 'Idempotency-Key';
const LONGEST = 255;

/** The key in the header, bare or quoted. Throws 400 for one that is empty, too long or not printable ASCII. */
export function readIdempotencyKey(header: string): string {
  const key = header.replace(/^"(.*)"$/, '$1');
  if (key === '') throw invalidParameter(HEADER, `${HEADER} must not be empty.`);
  if (key.length > LONGEST) throw invalidParameter(HEADER, `${HEADER} must not be longer than ${LONGEST} characters.`);
  if (!/^[\x20-\x7e]+$/.test(key)) throw invalidParameter(HEADER, `${HEADER} must be printable ASCII.`);
  return key;
}

/** Adds what is wrong with the key of a POST, and answers whether nothing is. */
export function addIdempotencyKeyErrors({ method, headers }: FastifyRequest, errors: ParameterErrors): boolean {
  const header = headers['idempotency-key'];
  return method !== 'POST' || typeof header !== 'string' || errors.addThrown(() => readIdempotencyKey(header));
}
