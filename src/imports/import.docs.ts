import { applyDecorators, HttpCode, type Type } from '@nestjs/common';
import { ApiBody, ApiConsumes, ApiHeader, ApiOperation, ApiParam, ApiResponse } from '@nestjs/swagger';
import { failures, LOCATION, RATE_LIMIT, REPLAYED, REQUEST_ID } from '../common/docs/failures.js';
import { inheritSchema } from '../common/docs/property-metadata.js';
import { exampleId } from '../common/index.js';
import { CSV_TYPE, NDJSON_TYPE } from './upload.js';

interface Operation {
  id: string;
  summary: string;
  description: string;
  status: 200 | 201 | 202;
  /** The class of the answer, or the media type of a file and an example of it. */
  answer: Type | { media: string; example: string };
  body?: Type & { example: object };
  /** Is the body a file? */
  takesFile?: true;
  isOfOne?: true;
  /** Is it a POST that is safe to repeat? */
  takesKey?: true;
}

const IMPORT_ID = ApiParam({
  name: 'id',
  description: 'Id of the import.',
  schema: { type: 'string' },
  example: exampleId('import'),
});

const IDEMPOTENCY_KEY = ApiHeader({
  name: 'Idempotency-Key',
  required: false,
  description:
    'A text of your own, new for every new request. For 24 hours, a request with the same key gets the first response again.',
  schema: { type: 'string', maxLength: 257 },
});

const CODING = ApiHeader({
  name: 'Content-Encoding',
  required: false,
  description: '`gzip` if the file is compressed.',
  schema: { type: 'string' },
});

const text = (example: string) => ({ schema: { type: 'string' as const }, example });

/** The body is a file of one of these types. */
const FILE = applyDecorators(
  ApiConsumes(CSV_TYPE, NDJSON_TYPE),
  ApiBody({ required: true, description: 'The file, in UTF-8.', schema: { type: 'string' } }),
);

/** One operation on imports. */
export function ApiImportOperation(operation: Operation): MethodDecorator {
  const { id, summary, description, status, answer, body, takesFile, isOfOne, takesKey } = operation;
  const headers = { ...REQUEST_ID, ...RATE_LIMIT, ...(status === 201 && LOCATION), ...(takesKey && REPLAYED) };
  const examples = body && { example: { summary: 'Works as it stands', value: body.example } };
  if (typeof answer === 'function') inheritSchema(answer);
  const success =
    typeof answer === 'function' ? { type: answer } : { content: { [answer.media]: text(answer.example) } };
  return applyDecorators(
    HttpCode(status),
    ApiOperation({ operationId: id, summary, description }),
    ...(isOfOne ? [IMPORT_ID] : []),
    ...(takesKey ? [IDEMPOTENCY_KEY] : []),
    ...(takesFile ? [CODING, FILE] : []),
    ...(body && examples ? [ApiBody({ type: body, required: true, examples })] : []),
    ApiResponse({ status, description: DESCRIPTIONS[status], headers, ...success }),
    ...failures(404, 409, 410, 413, 415),
  );
}

const DESCRIPTIONS = { 200: 'The answer.', 201: 'The new import.', 202: 'The import, whose work goes on.' } as const;
