import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Call } from './call.js';

/** What a POST does, with the call it is given. */
export type IdempotentWork = (call: Call) => Promise<object>;

/** Makes the work of a POST safe to repeat. */
export interface Idempotency {
  /** Does the work, or answers what it was answered before; a text is an answer that is finished. */
  run: (
    request: FastifyRequest,
    reply: FastifyReply,
    work: IdempotentWork,
    options: IdempotentOptions,
  ) => Promise<object | string>;
}

export interface IdempotentOptions {
  /** Names an attribute of the answer that is not kept: a repetition gets null for it. */
  unstored: string | undefined;
  /** The object that the work writes to, as for `transactOn`. */
  writerOf: string | undefined;
}

/**
 * Does the work of a POST once for each `Idempotency-Key`, with a call that is in a transaction when there is a key. Work that
 * writes to one object names its id as `writerOf`, as for `transactOn`.
 */
export type IdempotentRun = <T extends object>(work: (call: Call) => Promise<T>, writerOf?: string) => Promise<T>;

/**
 * Every POST handler takes it and does its work through it: `return run((call) => this.service.create(call, …))`. The
 * answer to the key is then stored with the effects, or neither is. `unstored` names an attribute, such as a secret, that
 * must not be kept.
 */
export const Idempotent = createParamDecorator(
  (unstored: string | undefined, context: ExecutionContext): IdempotentRun => {
    const http = context.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const { idempotency } = request.server;
    const run = (work: IdempotentWork, writerOf?: string): Promise<object | string> =>
      idempotency.run(request, http.getResponse<FastifyReply>(), work, { unstored, writerOf });
    return run as IdempotentRun;
  },
);
