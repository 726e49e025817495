import { ApiProperty, ApiPropertyOptional, ApiSchema } from '@nestjs/swagger';
import { exampleId } from '../ids/example-id.js';
import type { ApiFault, ParameterError } from './api.exception.js';
import { ERROR_CODES, ERROR_TYPES, errorType, type ErrorCode, type ErrorType } from './error-codes.js';

const codes = Object.keys(ERROR_CODES);
const codeDescription = `Stable, machine-readable reason.\n\n${Object.entries(ERROR_CODES)
  .map(([code, meaning]) => `- \`${code}\`: ${meaning}`)
  .join('\n')}`;

@ApiSchema({ name: 'ParameterError', description: 'One failing parameter.' })
class ParameterErrorSchema implements ParameterError {
  @ApiProperty({ type: String, description: 'Path of the parameter.', example: 'probability' })
  param: string;
  @ApiProperty({ type: String, enum: codes, description: 'Reason for this parameter.', example: 'parameter_invalid' })
  code: ErrorCode;
  @ApiProperty({
    type: String,
    description: 'Explanation for people.',
    example: 'probability must not be greater than 100.',
  })
  message: string;
}

@ApiSchema({ name: 'ErrorDetail', description: 'Description of the error.' })
export class ErrorDetail {
  @ApiProperty({ type: String, enum: ERROR_TYPES, description: 'Kind of error.', example: 'invalid_request_error' })
  type: ErrorType;
  @ApiProperty({ type: String, enum: codes, description: codeDescription, example: 'parameter_invalid' })
  code: ErrorCode;
  @ApiProperty({
    type: String,
    description: 'Explanation for people.',
    example: 'probability must not be greater than 100.',
  })
  message: string;
  @ApiPropertyOptional({
    type: 'integer',
    minimum: 1,
    description: 'Number of deals in the stage or pipeline; only with the code `stage_in_use`.',
    example: 3,
  })
  count?: number;
  @ApiPropertyOptional({
    type: String,
    description: 'The failing parameter, if there is one.',
    example: 'probability',
  })
  param?: string;
  @ApiProperty({
    type: String,
    description: 'Id of the request, as in the header `Request-Id`.',
    example: exampleId('req'),
  })
  request_id: string;
  @ApiPropertyOptional({
    type: [ParameterErrorSchema],
    description: 'The failing parameters, at most 100; `param`, `code` and `message` repeat the first entry.',
  })
  errors?: ParameterErrorSchema[];
  @ApiPropertyOptional({
    type: String,
    description: 'A cursor from which to continue, if the cursor of the request is no longer valid.',
    example: 'BQZk1Xq3mB0AAAAAAAcB8g',
  })
  oldest?: string;
}

/** The one body of every answer that is not a success. */
@ApiSchema({ name: 'ApiError', description: 'The body of every response that is not a success.' })
export class ErrorBody {
  @ApiProperty({ type: ErrorDetail, description: 'Description of the error.' })
  error: ErrorDetail;
}

export function errorBody(status: number, fault: ApiFault, requestId: string): ErrorBody {
  const { type = errorType(status), code, message, param, errors, oldest, count } = fault;
  return {
    error: {
      type,
      code,
      message,
      ...(count !== undefined && { count }),
      ...(param !== undefined && { param }),
      request_id: requestId,
      ...(errors !== undefined && { errors }),
      ...(oldest !== undefined && { oldest }),
    },
  };
}
