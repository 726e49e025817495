import { HttpStatus, Injectable } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { DataSource, type EntityManager } from 'typeorm';
import type { AuthenticatedRequest } from '../auth/caller.js';
import { finishAnswer } from '../common/answers/answers.js';
import { count } from '../common/counts.js';
import { ApiException } from '../common/errors/api.exception.js';
import { stringifyExact } from '../common/json/exact-number.js';
import type { Repeatable, Work } from '../common/transactions/once.decorator.js';
import { retryConflicts } from '../common/transactions/transact.js';
import { fingerprintOf, readIdempotencyKey } from './idempotency-key.header.js';
import { IdempotencyStore, type StoredAnswer } from './idempotency.store.js';

/** Headers that belong to the answer and are given again with it. */
const KEPT_HEADERS = ['etag', 'location', 'preference-applied'];

/**
 * Makes every POST that brings an `Idempotency-Key` safe to repeat. The write and its answer are one transaction: after
 * a crash either both are there, and the repetition gets the answer, or neither is, and it does the work. An answer that
 * is not a success is not kept, as nothing was written.
 */
@Injectable()
export class IdempotencyService implements Repeatable {
  constructor(
    private readonly dataSource: DataSource,
    private readonly store: IdempotencyStore,
  ) {}

  async once(
    request: AuthenticatedRequest,
    reply: FastifyReply,
    work: Work,
    unstored?: string,
  ): Promise<object | string> {
    const header = request.headers['idempotency-key'];
    if (typeof header !== 'string') return work();
    const key = readIdempotencyKey(header);
    const fingerprint = fingerprintOf(request.method, request.url, request.body);
    // Read before the work: a client who waits too long is answered 503 while it goes on, and that is not its outcome.
    const kept = { fingerprint, status: reply.statusCode };
    const { answer, replayed } = await retryConflicts(() =>
      this.dataSource.transaction(async (manager) => {
        const earlier = await this.earlier(manager, request.user?.workspaceId ?? '', key);
        if (earlier !== undefined) return { answer: sameRequest(earlier, fingerprint), replayed: true };
        const result = finishAnswer(await work(manager), request, reply);
        const answer = { ...kept, headers: keptHeaders(reply), body: stringifyExact(result) };
        const repeated =
          unstored === undefined ? answer.body : stringifyExact({ ...(result as object), [unstored]: null });
        await this.store.keep(manager, request.user?.workspaceId ?? '', key, { ...answer, body: repeated });
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

  private async earlier(manager: EntityManager, workspaceId: string, key: string): Promise<StoredAnswer | undefined> {
    if (await this.store.claim(manager, workspaceId, key)) return this.store.find(manager, workspaceId, key);
    throw new ApiException(HttpStatus.CONFLICT, {
      code: 'idempotency_key_in_use',
      message: 'A request with this Idempotency-Key is still being worked on. Try again in a moment.',
      headers: { 'Retry-After': '1' },
    });
  }
}

function keptHeaders(reply: FastifyReply): Record<string, string> {
  return Object.fromEntries(
    KEPT_HEADERS.flatMap((name) => (reply.hasHeader(name) ? [[name, String(reply.getHeader(name))]] : [])),
  );
}

function sameRequest(answer: StoredAnswer, fingerprint: string): StoredAnswer {
  if (answer.fingerprint === fingerprint) return answer;
  throw new ApiException(HttpStatus.BAD_REQUEST, {
    type: 'idempotency_error',
    code: 'idempotency_error',
    message: 'This Idempotency-Key was used before, with another path or body. Use a new key for a new request.',
    param: 'Idempotency-Key',
  });
}
