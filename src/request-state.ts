import type { Caller } from './auth/caller.js';
import type { AnswerKind } from './common/answers/answers.js';
import type { BudgetedDatabase, Deadline } from './common/call/deadline.js';
import type { RequestEnd } from './common/request-end.js';
import type { RequestStats } from './common/request-stats.js';
import type { Scope } from './common/routes/scopes.js';
import type { Idempotency } from './common/call/idempotent.decorator.js';
import type { Wait } from './server/answer-in-time.js';
import type { RequestSpan } from './tracing/tracing.js';

/* All that the service keeps on Fastify's objects: what a request carries from one station of its way to the next. */

declare module 'fastify' {
  interface FastifyRequest {
    /** When its headers arrived, as `performance.now()` tells the time. */
    since: number;
    /** Who makes it, once authentication has found out. */
    user?: Caller;
    /** When its work has to be over; there before a handler is called. */
    deadline: Deadline | null;
    /** Answers a replica to read from; there while one may be used. */
    takeReplica?: (() => BudgetedDatabase) | undefined;
    /** There where something is done with them. */
    notes: RequestStats | null;
    span: RequestSpan | null;
  }

  interface FastifyReply {
    wait: Wait | null;
  }

  interface FastifyInstance {
    /** Where a call finds the database: a decorator has no dependencies of its own. */
    database: BudgetedDatabase;
    /** Where `@Idempotent()` finds it, for the same reason. */
    idempotency: Idempotency;
    requestEnds: ((end: RequestEnd) => void)[];
  }

  interface FastifyContextConfig {
    /** Who may call the route: everyone, or a key with a scope. */
    access?: 'public' | Scope;
    answers?: AnswerKind;
    /** How much longer than others a request may take. */
    extraMs?: (request: FastifyRequest) => number;
    /** Is the body of the route a file, which the handler reads as it arrives? */
    takesFile?: true;
    /** Does the route keep the `If-Match` of a write? */
    takesIfMatch?: true;
  }
}
