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
import { ExtendRouteConfig } from '../common/routes/extend-route-config.js';
import { ImportView } from './import.view.js';
import { CSV_TYPE, NDJSON_TYPE } from './upload.js';

interface Parts {
  status: 200 | 201 | 202;
  /** The class of the response, unless it is the import. */
  answer?: Type;
  /** Is the body a file? */
  takesFile?: true;
  /** Is it of no single import? */
  isOfAll?: true;
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

/** An operation on imports. */
export function ApiImportOperation(id: string, summary: string, description: string, parts: Parts): MethodDecorator {
  const { status, answer = ImportView, takesFile, isOfAll, takesKey } = parts;
  const headers = { ...(status === 201 && LOCATION), ...(takesKey && REPLAYED) };
  return applyDecorators(
    HttpCode(status),
    operation(id, summary, description),
    ...(isOfAll ? [] : [OF_ONE]),
    ...(takesKey ? [idempotencyKey()] : []),
    ...(takesFile ? [CODING, FILE] : [jsonBody()]),
    success(status, DESCRIPTIONS[status], answer, headers),
    ...failures(404, 410, ...BODY_FAILURES),
  );
}

/** An operation that answers a file, for as long as it takes: it may be as large as the file of the import. */
export function ApiImportFile(
  id: string,
  summary: string,
  description: string,
  examples: Record<string, string>,
): MethodDecorator {
  return applyDecorators(
    ExtendRouteConfig({ extraMs: () => Infinity }),
    operation(id, summary, description),
    OF_ONE,
    jsonBody(),
    file(examples),
    ...failures(404, 410, ...BODY_FAILURES),
  );
}

const OF_ONE = idParam('Id of the import.', 'id', exampleId('import'));

const DESCRIPTIONS = { 200: 'The response.', 201: 'The new import.', 202: 'The import. Its work continues.' } as const;
