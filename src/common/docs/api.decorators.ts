import { applyDecorators, HttpCode, HttpStatus, type Type } from '@nestjs/common';
import {
  ApiBearerAuth,
  ApiBody,
  ApiExtraModels,
  ApiHeader,
  ApiOperation,
  ApiParam,
  ApiResponse,
  ApiTags,
  type ApiResponseOptions,
} from '@nestjs/swagger';
import { Answers } from '../answers/answers.js';
import { ErrorBody } from '../errors/error-body.js';
import { Deleted } from './deleted.js';
import { ETAG, failures, LINK, LOCATION, PREFERENCE_APPLIED, RATE_LIMIT, REPLAYED, REQUEST_ID } from './failures.js';

/*
 * What a handler answers, in one decorator an outcome: its status code and headers at run time, and in the document the
 * success and all failures that can come with it. Text about attributes stands on the fields.
 */

/** Statuses that any request with a JSON body may meet. */
const BODY_FAILURES = [409, 413, 415] as const;

/** A body, with an example that works as it stands. */
interface BodyDoc {
  body: Type;
  example: object;
  /** Without a body everything has its default. */
  optional?: true;
}

/** A resource's controller: its tag in the document, and the key it takes. */
export function ApiResource(tag: string): ClassDecorator {
  return applyDecorators(ApiTags(tag), ApiBearerAuth('key'), ApiExtraModels(ErrorBody));
}

/** 200 with a page of objects. */
export function ApiList(id: string, summary: string, page: Type, description: string): MethodDecorator {
  return applyDecorators(
    Answers('page'),
    ...operation(id, summary, description),
    staleOk(),
    success(HttpStatus.OK, 'The page.', page, { ...LINK, ...PREFERENCE_APPLIED }),
    ...failures(),
  );
}

/** 200 with the children of a parent. */
export function ApiChildList(id: string, summary: string, page: Type, description: string): MethodDecorator {
  return applyDecorators(
    ...operation(id, summary, description),
    staleOk(),
    success(HttpStatus.OK, 'The children, in order.', page, PREFERENCE_APPLIED),
    ...failures(404),
  );
}

/** 200 with a page of the events of an object. */
export function ApiHistory(id: string, summary: string, page: Type, description: string): MethodDecorator {
  return applyDecorators(
    ...operation(id, summary, description),
    idParam(),
    staleOk(),
    success(HttpStatus.OK, 'The page.', page, PREFERENCE_APPLIED),
    ...failures(404),
  );
}

/** 200 with one object, or 304. */
export function ApiRetrieve(id: string, summary: string, object: Type): MethodDecorator {
  return applyDecorators(
    Answers('object'),
    ...operation(id, summary, 'By the id that create and list answer.'),
    idParam(),
    ApiHeader({
      name: 'If-None-Match',
      required: false,
      description: 'Versions the client has; the current one is answered 304.',
      schema: { type: 'string' },
    }),
    staleOk(),
    success(HttpStatus.OK, 'The object.', object, { ...ETAG, ...PREFERENCE_APPLIED }),
    ApiResponse({
      status: 304,
      description: 'The client has the current version.',
      headers: { ...REQUEST_ID, ...ETAG, ...PREFERENCE_APPLIED },
    }),
    ...failures(404),
  );
}

/** 201 with the new object and its address. */
export function ApiCreate(
  id: string,
  summary: string,
  object: Type,
  body: Type,
  example: object,
  description = '',
): MethodDecorator {
  return applyDecorators(
    HttpCode(HttpStatus.CREATED),
    Answers('object'),
    ...operation(
      id,
      summary,
      `What is left out gets its default. The answer is the whole object, with its address in \`Location\`. ${description}`.trim(),
    ),
    idempotencyKey(),
    jsonBody({ body, example }),
    success(HttpStatus.CREATED, 'The new object.', object, { ...LOCATION, ...ETAG, ...REPLAYED }),
    ...failures(404, ...BODY_FAILURES),
  );
}

/** 200 with the changed object. */
export function ApiUpdate(id: string, summary: string, object: Type, body: Type, example: object): MethodDecorator {
  return applyDecorators(
    Answers('object'),
    ...operation(id, summary, 'What is left out stays as it is, `null` clears an attribute that may be null.'),
    idParam(),
    jsonBody({ body, example }),
    success(HttpStatus.OK, 'The changed object.', object, ETAG),
    ...failures(404, ...BODY_FAILURES),
  );
}

/** 200 with the object as an action has left it. */
export function ApiAction(
  id: string,
  summary: string,
  description: string,
  object: Type,
  body?: BodyDoc,
): MethodDecorator {
  return applyDecorators(
    HttpCode(HttpStatus.OK),
    Answers('object'),
    ...operation(id, summary, description),
    idParam(),
    idempotencyKey(),
    ...(body ? [jsonBody(body)] : []),
    success(HttpStatus.OK, 'The object.', object, { ...ETAG, ...REPLAYED }),
    ...failures(404, ...BODY_FAILURES),
  );
}

/** 200 with a confirmation. */
export function ApiDelete(id: string, summary: string, description: string): MethodDecorator {
  return applyDecorators(
    ...operation(id, summary, description),
    idParam(),
    success(HttpStatus.OK, 'The object is gone.', Deleted),
    ...failures(404, ...BODY_FAILURES),
  );
}

/** 200 with a confirmation. A POST, as a DELETE leaves the history. */
export function ApiErase(id: string, summary: string, description: string): MethodDecorator {
  return applyDecorators(
    HttpCode(HttpStatus.OK),
    ...operation(id, summary, description),
    idParam(),
    idempotencyKey(),
    success(HttpStatus.OK, 'The object is gone, and so is what was kept of it.', Deleted, REPLAYED),
    ...failures(404, ...BODY_FAILURES),
  );
}

/** 200 with all children in their new order. */
export function ApiReorder(id: string, summary: string, page: Type, body: Type, example: object): MethodDecorator {
  return applyDecorators(
    HttpCode(HttpStatus.OK),
    ...operation(id, summary, '`ids` names every child of the parent exactly once; else nothing moves.'),
    idempotencyKey(),
    jsonBody({ body, example }),
    success(HttpStatus.OK, 'The children, in order.', page, REPLAYED),
    ...failures(404, ...BODY_FAILURES),
  );
}

/** 200 with the whole new list of children. */
export function ApiReplace(id: string, summary: string, page: Type, body: Type, example: object): MethodDecorator {
  const description =
    'Entries with an id are changed, attributes left out stay; those without are created; children not in the list are deleted. ' +
    'The order of the list is the order. All or nothing.';
  return applyDecorators(
    ...operation(id, summary, description),
    idParam(),
    jsonBody({ body, example }),
    success(HttpStatus.OK, 'The children, in order.', page),
    ...failures(404, ...BODY_FAILURES),
  );
}

/** 200 with the outcome of every operation of a batch. */
export function ApiBatch(
  id: string,
  summary: string,
  description: string,
  outcomes: Type,
  body: BodyDoc,
): MethodDecorator {
  return applyDecorators(
    HttpCode(HttpStatus.OK),
    ...operation(id, summary, description),
    idempotencyKey(),
    jsonBody(body),
    success(HttpStatus.OK, 'The outcomes, in the order of the operations.', outcomes, REPLAYED),
    ...failures(404, ...BODY_FAILURES),
  );
}

function operation(operationId: string, summary: string, description: string): MethodDecorator[] {
  return [ApiOperation({ operationId, summary, description })];
}

function success(
  status: number,
  description: string,
  type: Type,
  headers: ApiResponseOptions['headers'] = {},
): MethodDecorator {
  return ApiResponse({ status, description, type, headers: { ...REQUEST_ID, ...RATE_LIMIT, ...headers } });
}

function jsonBody({ body, example, optional }: BodyDoc): MethodDecorator {
  return ApiBody({
    type: body,
    required: optional === undefined,
    examples: { example: { summary: 'Works as it stands', value: example } },
  });
}

function idParam(): MethodDecorator {
  return ApiParam({ name: 'id', description: 'Id of the object.', schema: { type: 'string' } });
}

function staleOk(): MethodDecorator {
  const description =
    '`stale-ok` for an answer that may be some seconds old, which a replica may give; without one it changes nothing.';
  return ApiHeader({ name: 'Prefer', required: false, description, schema: { type: 'string' } });
}

function idempotencyKey(): MethodDecorator {
  const description =
    'Any text, new for every new request: repeating the request with it gives the first answer again for 24 hours.';
  return ApiHeader({
    name: 'Idempotency-Key',
    required: false,
    description,
    schema: { type: 'string', maxLength: 257 },
  });
}
