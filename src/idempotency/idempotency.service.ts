import { HttpStatus, Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { finishAnswer } from '../common/answers/answers.js';
import type { Call } from '../common/call/call.js';
import { callOf } from '../common/call/current-call.decorator.js';
import { readIdempotencyKey } from '../common/call/idempotency-key.header.js';
import { count } from '../common/counts.js';
import { ApiException } from '../common/errors/api.exception.js';
import { stringifyExact } from '../common/json/exact-number.js';
import type { Idempotency, IdempotentOptions, IdempotentWork } from '../common/call/idempotent.decorator.js';
import { transactOn } from '../common/call/transact.js';
import { fingerprintOf } from './fingerprint.js';
import { IdempotencyStore, type StoredAnswer } from './idempotency.store.js';

/** Headers that belong to the answer and are given again with it. */
const KEPT_HEADERS = ['etag', 'location', 'preference-applied'];

/**
 * Makes every POST that brings an `Idempotency-Key` safe to repeat. The write and its answer are one transaction: after
 * a crash either both are there, and the repetition gets the answer, or neither is, and it does the work. An answer that
 * is not a success is not kept, as nothing was written.
 */
@Injectable()
export class IdempotencyService implements Idempotency {
  /** Keys whose requests are being worked on in this process. */
  private readonly inUse = new Set<string>();

  constructor(private readonly store: IdempotencyStore) {}

  async run(
    request: FastifyRequest,
    reply: FastifyReply,
    work: IdempotentWork,
    { unstored, writerOf }: IdempotentOptions,
  ): Promise<object | string> {
    const header = request.headers['idempotency-key'];
    const opened = callOf(request);
    if (typeof header !== 'string') return work(opened);
    const key = readIdempotencyKey(header);
    const fingerprint = fingerprintOf(request.method, request.url, request.body);
    // Read before the work: a client who waits too long is answered 503, and that is not the outcome of the work.
    const kept = { fingerprint, status: reply.statusCode };
    const { answer, replayed } = await this.whileInUse(`${opened.workspaceId}/${key}`, () =>
      transactOn(opened, writerOf, async (call) => {
        const earlier = await this.earlier(call, key);
        if (earlier !== undefined) return { answer: sameRequest(earlier, fingerprint), replayed: true };
        const result = finishAnswer(await work(call), request, reply);
        const answer = { ...kept, headers: keptHeaders(reply), body: stringifyExact(result) };
        const repeated =
          unstored === undefined ? answer.body : stringifyExact({ ...(result as object), [unstored]: null });
        await this.store.keep(call, key, { ...answer, body: repeated });
        return { answer, replayed: false };
      }),
    );
    void reply.status(answer.status).headers({ ...answer.headers, 'content-type': 'application/json; charset=utf-8' });
    if (replayed) {
      count('idempotent_replays');
      void reply.header('Idempotent-Replayed', 'true');
    }
    return answer.body;
  }

  /** A repetition does not wait behind the request it repeats, as other writers of the same object do. */
  private async whileInUse<T>(key: string, work: () => Promise<T>): Promise<T> {
    if (this.inUse.has(key)) throw keyInUse();
    this.inUse.add(key);
    return work().finally(() => this.inUse.delete(key));
  }

  private async earlier(call: Call, key: string): Promise<StoredAnswer | undefined> {
    if (await this.store.claim(call, key)) return this.store.find(call, key);
    throw keyInUse();
  }
}

function keyInUse(): ApiException {
  return new ApiException(HttpStatus.CONFLICT, {
    code: 'idempotency_key_in_use',
    message: 'A request with this Idempotency-Key is still running. Try again in a moment.',
    headers: { 'Retry-After': '1' },
  });
}

function keptHeaders(reply: FastifyReply): Record<string, string> {
  return Object.fromEntries(
    KEPT_HEADERS.flatMap((name) => (reply.hasHeader(name) ? [[name, String(reply.getHeader(name))]] : [])),
  );
}

function answerErased(): ApiException {
  return new ApiException(HttpStatus.CONFLICT, {
    code: 'idempotency_answer_erased',
    message:
      'The first request with this Idempotency-Key succeeded, and its response has been erased. Do not repeat the request.',
  });
}

function sameRequest(answer: StoredAnswer, fingerprint: string): StoredAnswer {
  if (answer.body === '') throw answerErased();
  if (answer.fingerprint === fingerprint) return answer;
  throw new ApiException(HttpStatus.BAD_REQUEST, {
    type: 'idempotency_error',
    code: 'idempotency_error',
    message: 'This Idempotency-Key was used before, with another path or body. Use a new key for a new request.',
    param: 'Idempotency-Key',
  });
}
