import { applyDecorators, HttpCode, HttpStatus, type Type } from '@nestjs/common';
import { ApiBearerAuth, ApiExtraModels, ApiHeader, ApiResponse, ApiTags } from '@nestjs/swagger';
import { Answers } from '../answers/answers.js';
import { ErrorBody } from '../errors/error-body.js';
import { parentKeyOf } from '../fields/entity-keys.js';
import { Deleted } from '../answers/deleted.js';
import { ETAG, failures, LINK, LOCATION, PREFERENCE_APPLIED, REPLAYED, REQUEST_ID } from './failures.js';
import {
  BODY_FAILURES,
  file,
  idempotencyKey,
  idParam,
  jsonBody,
  operation,
  staleOk,
  success,
} from './operation-parts.js';
import { propertySchema } from '../fields/property-metadata.js';

/*
 * What a handler answers, in one decorator an outcome: its status code and headers at run time, and in the document the
 * success and all failures that can come with it. Text about attributes stands on the fields, and the body is the class of
 * the handler's `@Body()`, with the example that stands on that class.
 */

/** A resource's controller: its tag in the document, and the key it takes. */
export function ApiResource(tag: string): ClassDecorator {
  return applyDecorators(ApiTags(tag), ApiBearerAuth('key'), ApiExtraModels(ErrorBody));
}

/** 200 with a page of objects. */
export function ApiList(id: string, summary: string, page: Type, description: string): MethodDecorator {
  return applyDecorators(
    Answers('page'),
    operation(id, summary, description),
    staleOk(),
    success(HttpStatus.OK, 'The page.', page, { ...LINK, ...PREFERENCE_APPLIED }),
    ...failures(),
  );
}

/** 200 with the children of a parent. */
export function ApiChildList(id: string, summary: string, page: Type): MethodDecorator {
  return applyDecorators(
    operation(id, summary, 'Returns all children of the parent, in order.'),
    staleOk(),
    success(HttpStatus.OK, 'The children, in order.', page, PREFERENCE_APPLIED),
    ...failures(404),
  );
}

/** 200 with a page of the events of an object. */
export function ApiHistory(id: string, summary: string, page: Type, description: string): MethodDecorator {
  return applyDecorators(
    operation(id, summary, description),
    idParam(),
    staleOk(),
    success(HttpStatus.OK, 'The page.', page, PREFERENCE_APPLIED),
    ...failures(404),
  );
}

/** 200 with what is computed of many objects, which is neither a list nor an object. */
export function ApiReport(id: string, summary: string, report: Type, description: string): MethodDecorator {
  return applyDecorators(
    operation(id, summary, description),
    staleOk(),
    success(HttpStatus.OK, 'The report.', report, PREFERENCE_APPLIED),
    ...failures(),
  );
}

/** 200 with a file, which is sent while it is made. */
export function ApiFile(id: string, summary: string, description: string, types: readonly string[]): MethodDecorator {
  const disposition = {
    'Content-Disposition': { description: 'Name of the file.', schema: { type: 'string' as const } },
  };
  const contents = Object.fromEntries(types.map((type) => [type, undefined]));
  return applyDecorators(operation(id, summary, description), file(contents, disposition), ...failures());
}

/** 200 with one object, or 304. */
export function ApiRetrieve(id: string, summary: string, object: Type): MethodDecorator {
  return applyDecorators(
    Answers('object'),
    operation(id, summary, 'Takes the id that create and list return.'),
    idParam(),
    ApiHeader({
      name: 'If-None-Match',
      required: false,
      description: 'ETags that the client has; if one of them is current, the response is 304.',
      schema: { type: 'string' },
    }),
    ApiHeader({
      name: 'If-Match',
      required: false,
      description: 'ETags that the client accepts; if none of them is current, the response is 412.',
      schema: { type: 'string' },
    }),
    staleOk(),
    success(HttpStatus.OK, 'The object.', object, { ...ETAG, ...PREFERENCE_APPLIED }),
    ApiResponse({
      status: 304,
      description: 'The client has the current version.',
      headers: { ...REQUEST_ID, ...ETAG, ...PREFERENCE_APPLIED },
    }),
    ...failures(404, 412),
  );
}

/** 201 with the new object and its address. */
export function ApiCreate(id: string, summary: string, object: Type, description = ''): MethodDecorator {
  return applyDecorators(
    HttpCode(HttpStatus.CREATED),
    Answers('object'),
    operation(
      id,
      summary,
      `Attributes that are left out get their defaults. The response is the whole object; \`Location\` has its path. ${description}`.trim(),
    ),
    idempotencyKey(),
    jsonBody(),
    success(HttpStatus.CREATED, 'The new object.', object, { ...LOCATION, ...ETAG, ...REPLAYED }),
    ...failures(404, ...BODY_FAILURES),
  );
}

/** 200 with the changed object. */
export function ApiUpdate(id: string, summary: string, object: Type): MethodDecorator {
  return applyDecorators(
    Answers('object'),
    operation(
      id,
      summary,
      'Attributes that are left out stay as they are. `null` clears an attribute that may be null.',
    ),
    idParam(),
    jsonBody(),
    success(HttpStatus.OK, 'The changed object.', object, ETAG),
    ...failures(404, ...BODY_FAILURES),
  );
}

/** 201 with a new object, or 200 with the changed one; the path names it by what the client chose. */
export function ApiPut(id: string, summary: string, object: Type, description: string): MethodDecorator {
  return applyDecorators(
    Answers('object'),
    operation(id, summary, description),
    jsonBody(),
    success(HttpStatus.OK, 'The changed object.', object, ETAG),
    success(HttpStatus.CREATED, 'The new object.', object, { ...LOCATION, ...ETAG }),
    ...failures(404, ...BODY_FAILURES),
  );
}

/** 200 with the object as an action has left it. */
export function ApiAction(id: string, summary: string, object: Type, description: string): MethodDecorator {
  return applyDecorators(
    HttpCode(HttpStatus.OK),
    Answers('object'),
    operation(id, summary, description),
    idParam(),
    idempotencyKey(),
    jsonBody(),
    success(HttpStatus.OK, 'The object.', object, { ...ETAG, ...REPLAYED }),
    ...failures(404, ...BODY_FAILURES),
  );
}

/** 200 with what an action on many objects has done. */
export function ApiCommand(id: string, summary: string, outcome: Type, description: string): MethodDecorator {
  return applyDecorators(
    HttpCode(HttpStatus.OK),
    operation(id, summary, description),
    idParam(),
    idempotencyKey(),
    jsonBody(),
    success(HttpStatus.OK, 'What was done.', outcome, REPLAYED),
    ...failures(404, ...BODY_FAILURES),
  );
}

/** 200 with a confirmation. */
export function ApiDelete(id: string, summary: string, description: string): MethodDecorator {
  return applyDecorators(
    operation(id, summary, description),
    idParam(),
    success(HttpStatus.OK, 'The object is gone.', Deleted),
    ...failures(404, ...BODY_FAILURES),
  );
}

/** 200 with a confirmation. A POST, as a DELETE leaves the history. */
export function ApiErase(id: string, summary: string, description: string): MethodDecorator {
  return applyDecorators(
    HttpCode(HttpStatus.OK),
    operation(id, summary, description),
    idParam(),
    idempotencyKey(),
    success(HttpStatus.OK, 'The object and its contents are gone.', Deleted, REPLAYED),
    ...failures(404, ...BODY_FAILURES),
  );
}

/** 200 with all children in their new order. */
export function ApiReorder(id: string, summary: string, page: Type): MethodDecorator {
  return applyDecorators(
    HttpCode(HttpStatus.OK),
    operation(id, summary, '`ids` must name every child of the parent exactly once; otherwise nothing moves.'),
    idempotencyKey(),
    jsonBody(reorderExample(page)),
    success(HttpStatus.OK, 'The children, in order.', page, REPLAYED),
    ...failures(404, ...BODY_FAILURES),
  );
}

/** 200 with the whole new list of children. */
export function ApiReplace(id: string, summary: string, page: Type): MethodDecorator {
  const description =
    'An entry with an id changes that child; attributes that you leave out stay as they are. An entry without an id creates a child. The service deletes children that are not in the list. The others get the order of the list. The request changes everything or nothing.';
  return applyDecorators(
    operation(id, summary, description),
    idParam(),
    jsonBody(),
    success(HttpStatus.OK, 'The children, in order.', page),
    ...failures(404, ...BODY_FAILURES),
  );
}

/** 200 with the outcome of every operation of a batch. */
export function ApiBatch(id: string, summary: string, outcomes: Type, description: string): MethodDecorator {
  return applyDecorators(
    HttpCode(HttpStatus.OK),
    operation(id, summary, description),
    idempotencyKey(),
    jsonBody(),
    success(HttpStatus.OK, 'The outcomes, in the order of the operations.', outcomes, REPLAYED),
    ...failures(404, ...BODY_FAILURES),
  );
}

/** One child of one parent, whose ids the child's own schema shows. */
function reorderExample(page: Type): object {
  const child = propertySchema(page, 'data')['type'] as Type;
  const idIn = (name: string): unknown => propertySchema(child, name)['example'];
  return { parent_id: idIn(parentKeyOf(child) ?? ''), ids: [idIn('id')] };
}
