import { HttpStatus, type Type } from '@nestjs/common';
import { RouteParamtypes } from '@nestjs/common/internal.js';
import { ApiBody, ApiHeader, ApiOperation, ApiParam, ApiResponse, type ApiResponseOptions } from '@nestjs/swagger';
import { isOptionalBody } from '../body/optional-body.js';
import { handlerArgument } from '../routes/handler-arguments.js';
import { RATE_LIMIT, REQUEST_ID } from './failures.js';
import { inheritSchema } from '../fields/property-metadata.js';

/* The parts of an operation in the document. The decorators of resources are made of them, and those of further operations. */

/** Statuses that any request with a JSON body may meet. */
export const BODY_FAILURES = [409, 413, 415] as const;

export function operation(operationId: string, summary: string, description: string): MethodDecorator {
  return ApiOperation({ operationId, summary, description });
}

export function success(
  status: number,
  description: string,
  type: Type,
  headers: ApiResponseOptions['headers'] = {},
): MethodDecorator {
  inheritSchema(type);
  return ApiResponse({ status, description, type, headers: { ...REQUEST_ID, ...RATE_LIMIT, ...headers } });
}

/** 200 with a file, by its media types, each perhaps with an example. */
export function file(
  examples: Readonly<Record<string, string | undefined>>,
  headers: ApiResponseOptions['headers'] = {},
): MethodDecorator {
  const contentOf = (example: string | undefined) => ({
    schema: { type: 'string' as const },
    ...(example !== undefined && { example }),
  });
  return ApiResponse({
    status: HttpStatus.OK,
    description: 'The file.',
    headers: { ...REQUEST_ID, ...RATE_LIMIT, ...headers },
    content: Object.fromEntries(Object.entries(examples).map(([type, example]) => [type, contentOf(example)])),
  });
}

/** The body of the handler, if it takes one. */
export function jsonBody(exampleOfAll?: object): MethodDecorator {
  return (prototype, name, descriptor) => {
    const argument = handlerArgument(prototype.constructor, name, RouteParamtypes.BODY);
    if (argument === undefined) return;
    const type = argument.type as (Type & { example?: object }) | undefined;
    const example = exampleOfAll ?? type?.example;
    // As well where the class was imported as a type alone, which leaves nothing of it to check bodies by.
    if (type === undefined || example === undefined)
      throw new Error(`The body of ${String(name)} needs a class with a static example.`);
    inheritSchema(type);
    const examples = { example: { summary: 'Works as it stands', value: example } };
    ApiBody({ type, required: !isOptionalBody(type), examples })(prototype, name, descriptor);
  };
}

/** The id in the path; an object's own unless it is said whose it is. */
export function idParam(description = 'Id of the object.', name = 'id', example?: string): MethodDecorator {
  const schema = { type: 'string' } as const;
  return ApiParam({ name, description, schema, ...(example !== undefined && { example }) });
}

export function staleOk(): MethodDecorator {
  const description =
    '`stale-ok` allows a response from a replica, which can be some seconds old. Without replicas it changes nothing.';
  return ApiHeader({ name: 'Prefer', required: false, description, schema: { type: 'string' } });
}

export function idempotencyKey(): MethodDecorator {
  const description =
    'A text of your own, new for every new request. For 24 hours, a request with the same key gets the first response again.';
  return ApiHeader({
    name: 'Idempotency-Key',
    required: false,
    description,
    schema: { type: 'string', maxLength: 257 },
  });
}
