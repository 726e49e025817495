import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { linkPage } from './links.js';
import type { Page } from '../list/page.js';
import { ExtendRouteConfig } from '../routes/extend-route-config.js';
import { locateObject, tagObject, type TaggedAnswer } from './object-headers.js';

/** What a route answers: one object with a version, a new one without, or a page of a list. */
export type AnswerKind = 'object' | 'unversioned' | 'page';

/**
 * Says what a route answers, which decides the headers of its answer. A hook of Fastify writes them: an interceptor of
 * Nest's, even one that does nothing, costs a request as much as the rest of the framework together.
 */
export const Answers = (kind: AnswerKind): MethodDecorator => ExtendRouteConfig({ answers: kind });

/** Gives an answer its headers, and takes out of it what only they show. Null for an answer without a body. */
export function finishAnswer(answer: unknown, request: FastifyRequest, reply: FastifyReply): unknown {
  const { answers } = request.routeOptions.config;
  if (answers === 'object') return tagObject(answer as TaggedAnswer, request, reply);
  if (answers === 'unversioned') return locateObject(answer as TaggedAnswer, request, reply);
  if (answers === 'page') return linkPage(answer as Page<unknown>, request, reply);
  return answer;
}

/** Finishes every answer that is not an error. */
export function finishAnswers(instance: FastifyInstance): void {
  instance.addHook('preSerialization', (request, reply, answer, done) => {
    done(null, reply.statusCode < 400 ? finishAnswer(answer, request, reply) : answer);
  });
}
