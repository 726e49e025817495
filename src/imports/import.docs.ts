import { applyDecorators, HttpCode, type Type } from '@nestjs/common';
import { ApiBody, ApiConsumes, ApiHeader } from '@nestjs/swagger';
import { failures, LOCATION, REPLAYED } from '../common/docs/failures.js';
import {
  BODY_FAILURES,
  file,
  idempotencyKey,
  idParam,
  jsonBody,
  operation,
  success,
} from '../common/docs/operation-parts.js';
import { exampleId } from '../common/index.js';
import { CSV_TYPE, NDJSON_TYPE } from './upload.js';

interface Operation {
  id: string;
  summary: string;
  description: string;
  status: 200 | 201 | 202;
  /** The class of the response, or the media type of a file and an example of it. */
  answer: Type | { media: string; example: string };
  /** Is the body a file? */
  takesFile?: true;
  isOfOne?: true;
  /** Is it a POST that is safe to repeat? */
  takesKey?: true;
}

const CODING = ApiHeader({
  name: 'Content-Encoding',
  required: false,
  description: '`gzip` if the file is compressed.',
  schema: { type: 'string' },
});

/** The body is a file of one of these types. */
const FILE = applyDecorators(
  ApiConsumes(CSV_TYPE, NDJSON_TYPE),
  ApiBody({ required: true, description: 'The file, in UTF-8.', schema: { type: 'string' } }),
);

/** One operation on imports. */
export function ApiImportOperation(wanted: Operation): MethodDecorator {
  const { id, summary, description, status, answer, takesFile, isOfOne, takesKey } = wanted;
  const headers = { ...(status === 201 && LOCATION), ...(takesKey && REPLAYED) };
  return applyDecorators(
    HttpCode(status),
    operation(id, summary, description),
    ...(isOfOne ? [idParam('Id of the import.', 'id', exampleId('import'))] : []),
    ...(takesKey ? [idempotencyKey()] : []),
    ...(takesFile ? [CODING, FILE] : [jsonBody()]),
    typeof answer === 'function'
      ? success(status, DESCRIPTIONS[status], answer, headers)
      : file({ [answer.media]: answer.example }),
    ...failures(404, 410, ...BODY_FAILURES),
  );
}

const DESCRIPTIONS = { 200: 'The response.', 201: 'The new import.', 202: 'The import. Its work continues.' } as const;
