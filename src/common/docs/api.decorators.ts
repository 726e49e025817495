import { applyDecorators, HttpCode, HttpStatus, UseInterceptors, type Type } from '@nestjs/common';
import {
  ApiBearerAuth,
  ApiBody,
  ApiExtraModels,
  ApiOperation,
  ApiParam,
  ApiResponse,
  ApiTags,
  getSchemaPath,
  type ApiResponseOptions,
} from '@nestjs/swagger';
import { ErrorBody } from '../errors/error-body.js';
import { LocationInterceptor } from './location.interceptor.js';
import { Deleted } from './deleted.js';

/*
 * What a handler answers, in one decorator an outcome: its status code at run time, and in the document the success and
 * all failures that can come with it. Text about attributes stands on the fields.
 */

type Decorator = MethodDecorator;

const REQUEST_ID = {
  'Request-Id': {
    description: 'Id of the request, for support; the log has the same.',
    schema: { type: 'string' as const },
  },
};

const FAILURES: Record<number, { description: string; headers?: ApiResponseOptions['headers'] }> = {
  400: { description: 'A parameter, or the body as a whole, is not valid. `errors` lists every failing parameter.' },
  401: {
    description: 'No API key, or one that is not valid.',
    headers: { 'WWW-Authenticate': { description: 'RFC 6750 challenge.', schema: { type: 'string' } } },
  },
  403: {
    description: 'The API key lacks the scope.',
    headers: { 'WWW-Authenticate': { description: 'RFC 6750 challenge, with the scope.', schema: { type: 'string' } } },
  },
  404: { description: 'There is no such object in the workspace of the key.' },
  409: { description: 'Another request changed the same data at the same time. Nothing was written; try again.' },
  413: { description: 'The body is larger than the limit.' },
  415: { description: 'The body is not `application/json`.' },
  500: { description: 'The service failed. Quote the request id when you report it.' },
  503: {
    description: 'The database cannot be reached or is overloaded.',
    headers: { 'Retry-After': { description: 'Seconds to wait before trying again.', schema: { type: 'integer' } } },
  },
};

const ALWAYS = [401, 403, 500, 503];

/** A resource's controller: its tag in the document, and the key it takes. */
export function ApiResource(tag: string): ClassDecorator {
  return applyDecorators(ApiTags(tag), ApiBearerAuth('key'), ApiExtraModels(ErrorBody));
}

/** 200 with a page of objects. */
export function ApiList(id: string, summary: string, page: Type, description: string): Decorator {
  return operation(id, summary, description, [400], success(HttpStatus.OK, 'The page.', page));
}

/** 200 with a page of the children of a parent. */
export function ApiChildList(id: string, summary: string, page: Type, description: string): Decorator {
  return operation(id, summary, description, [400, 404], success(HttpStatus.OK, 'The children, in order.', page));
}

/** 200 with one object. */
export function ApiRetrieve(id: string, summary: string, object: Type): Decorator {
  return operation(
    id,
    summary,
    'By the id that create and list answer.',
    [404],
    idParam(),
    success(HttpStatus.OK, 'The object.', object),
  );
}

/** 201 with the new object and its address. `example` is a body that works as it stands. */
export function ApiCreate(id: string, summary: string, object: Type, body: Type, example: object): Decorator {
  const location = { Location: { description: 'Path of the new object.', schema: { type: 'string' as const } } };
  const description =
    'What is left out gets its default. The answer is the whole object, with its address in `Location`.';
  return applyDecorators(
    HttpCode(HttpStatus.CREATED),
    UseInterceptors(LocationInterceptor),
    jsonBody(body, example),
    operation(
      id,
      summary,
      description,
      [400, 404, 409, 413, 415],
      success(HttpStatus.CREATED, 'The new object.', object, location),
    ),
  );
}

/** 200 with the changed object. */
export function ApiUpdate(id: string, summary: string, object: Type, body: Type, example: object): Decorator {
  const description = 'What is left out stays as it is, `null` clears an attribute that may be null.';
  const failures = [400, 404, 409, 413, 415];
  return operation(
    id,
    summary,
    description,
    failures,
    idParam(),
    jsonBody(body, example),
    success(HttpStatus.OK, 'The changed object.', object),
  );
}

/** 200 with a confirmation. */
export function ApiDelete(id: string, summary: string, description: string): Decorator {
  return operation(
    id,
    summary,
    description,
    [404, 409],
    idParam(),
    success(HttpStatus.OK, 'The object is gone.', Deleted),
  );
}

/** 200 with all children in their new order. */
export function ApiReorder(id: string, summary: string, page: Type, body: Type, example: object): Decorator {
  const description = '`ids` names every child of the parent exactly once; else nothing moves.';
  const failures = [400, 404, 409, 413, 415];
  return applyDecorators(
    HttpCode(HttpStatus.OK),
    operation(
      id,
      summary,
      description,
      failures,
      jsonBody(body, example),
      success(HttpStatus.OK, 'The children, in order.', page),
    ),
  );
}

function operation(
  operationId: string,
  summary: string,
  description: string,
  failures: number[],
  ...more: Decorator[]
): Decorator {
  return applyDecorators(
    ApiOperation({ operationId, summary, description }),
    ...more,
    ...[...failures, ...ALWAYS].sort((a, b) => a - b).map(failure),
  );
}

function success(
  status: number,
  description: string,
  type: Type,
  headers: ApiResponseOptions['headers'] = {},
): Decorator {
  return ApiResponse({ status, description, type, headers: { ...REQUEST_ID, ...headers } });
}

function failure(status: number): Decorator {
  const { description, headers } = FAILURES[status] ?? { description: '' };
  return ApiResponse({
    status,
    description,
    headers: { ...REQUEST_ID, ...headers },
    content: { 'application/json': { schema: { $ref: getSchemaPath(ErrorBody) } } },
  });
}

function jsonBody(type: Type, example: object): Decorator {
  return ApiBody({ type, required: true, examples: { example: { summary: 'Works as it stands', value: example } } });
}

function idParam(): Decorator {
  return ApiParam({ name: 'id', description: 'Id of the object.', schema: { type: 'string' } });
}
