import { HttpStatus, Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { from, lastValueFrom, type Observable } from 'rxjs';
import { DataSource, type EntityManager } from 'typeorm';
import type { AuthenticatedRequest } from '../auth/caller.js';
import { UnreadableBody } from '../common/body/json-body.js';
import { count } from '../common/counts.js';
import { ApiException } from '../common/errors/api.exception.js';
import { stringifyExact } from '../common/json/exact-number.js';
import { retryConflicts } from '../common/transactions/transact.js';
import type { TransactedRequest } from '../common/transactions/transaction.decorator.js';
import { storable } from '../common/transactions/unstored.decorator.js';
import { fingerprintOf, readIdempotencyKey } from './idempotency-key.header.js';
import { IdempotencyStore, type StoredAnswer } from './idempotency.store.js';

/** Headers that belong to the answer and are given again with it. */
const KEPT_HEADERS = ['etag', 'location', 'preference-applied'];

type Request = AuthenticatedRequest & TransactedRequest;

/** What does the work, and what of its answer may be kept. */
interface Work {
  next: CallHandler;
  storable: (answer: unknown) => unknown;
}

/**
 * Makes every POST that brings an `Idempotency-Key` safe to repeat. The write and its answer are one transaction: after
 * a crash either both are there, and the repetition gets the answer, or neither is, and it does the work. An answer that
 * is not a success is not kept, as nothing was written.
 */
@Injectable()
export class IdempotencyInterceptor implements NestInterceptor {
  constructor(
    private readonly dataSource: DataSource,
    private readonly store: IdempotencyStore,
  ) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const http = context.switchToHttp();
    const request = http.getRequest<Request>();
    const header = request.headers['idempotency-key'];
    if (request.method !== 'POST' || typeof header !== 'string' || request.user === undefined) return next.handle();
    if (request.body instanceof UnreadableBody) throw request.body.exception;
    const work: Work = { next, storable: (answer) => storable(context.getHandler(), answer) };
    return from(this.once(request, http.getResponse<FastifyReply>(), readIdempotencyKey(header), work));
  }

  private async once(request: Request, reply: FastifyReply, key: string, work: Work): Promise<string> {
    const fingerprint = fingerprintOf(request.method, request.url, request.body);
    // Read before the work: a client who waits too long is answered 503 while it goes on, and that is not its outcome.
    const { statusCode: success } = reply;
    const { answer, replayed } = await retryConflicts(() =>
      this.dataSource.transaction(async (manager) => {
        const earlier = await this.earlier(manager, request.user?.workspaceId ?? '', key);
        if (earlier !== undefined) return { answer: sameRequest(earlier, fingerprint), replayed: true };
        return {
          answer: await this.first(manager, request, reply, { fingerprint, status: success }, key, work),
          replayed: false,
        };
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

  private async first(
    manager: EntityManager,
    request: Request,
    reply: FastifyReply,
    kept: Pick<StoredAnswer, 'fingerprint' | 'status'>,
    key: string,
    work: Work,
  ): Promise<StoredAnswer> {
    const used = offer(request, manager);
    const result: unknown = await lastValueFrom(work.next.handle());
    if (!used())
      throw new Error(`The handler of POST ${request.routeOptions.url ?? ''} has to write through @Transaction().`);
    const headers = Object.fromEntries(
      KEPT_HEADERS.flatMap((name) => (reply.hasHeader(name) ? [[name, String(reply.getHeader(name))]] : [])),
    );
    const answer: StoredAnswer = { ...kept, headers, body: stringifyExact(result) };
    const stored = { ...answer, body: stringifyExact(work.storable(result)) };
    await this.store.keep(manager, request.user?.workspaceId ?? '', key, stored);
    return answer;
  }
}

/** Puts the transaction where `@Transaction()` finds it, and answers whether it was taken. */
function offer(request: Request, manager: EntityManager): () => boolean {
  let used = false;
  Object.defineProperty(request, 'transaction', {
    configurable: true,
    get: () => {
      used = true;
      return manager;
    },
  });
  return () => used;
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
