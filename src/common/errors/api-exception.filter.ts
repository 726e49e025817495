import { Catch, HttpException, Logger, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { count } from '../counts.js';
import type { ApiFault } from './api.exception.js';
import { ApiException } from './api.exception.js';
import { errorBody } from './error-body.js';
import type { ErrorCode } from './error-codes.js';
import { databaseFault } from './sqlstate.js';

const CODE_OF_STATUS: Partial<Record<number, ErrorCode>> = {
  401: 'authentication_required',
  403: 'scope_insufficient',
  404: 'route_missing',
  405: 'method_not_allowed',
  408: 'request_timeout',
  409: 'conflict',
  413: 'body_too_large',
  415: 'media_type_unsupported',
  429: 'rate_limit',
  503: 'service_unavailable',
};

/** Turns whatever was thrown into the API's one error body; what is unknown becomes a 500 that tells only its request id. */
@Catch()
export class ApiExceptionFilter implements ExceptionFilter {
  private readonly logger = new Logger(ApiExceptionFilter.name);

  catch(thrown: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const reply = http.getResponse<FastifyReply>();
    const { status, fault } = this.translate(thrown, request);
    void reply
      .status(status)
      .headers({ 'Request-Id': request.id, ...fault.headers })
      .send(errorBody(status, fault, request.id));
  }

  private translate(thrown: unknown, request: FastifyRequest): { status: number; fault: ApiFault } {
    if (thrown instanceof ApiException) return { status: thrown.getStatus(), fault: thrown.fault };
    if (thrown instanceof HttpException) return translateHttp(thrown);
    const known = databaseFault(thrown);
    if (known?.validatorMiss) {
      count('validator_misses');
      this.logger.error({ request_id: request.id, msg: 'validator miss', error: String(thrown) });
    }
    if (known) return { status: known.exception.getStatus(), fault: known.exception.fault };
    this.logger.error({
      request_id: request.id,
      msg: 'unexpected error',
      stack: (thrown as Error | null)?.stack ?? String(thrown),
    });
    return { status: 500, fault: { code: 'internal_error', message: 'The service failed. Nothing was written.' } };
  }
}

/** Nest's own exceptions, thrown by Nest, Fastify or a module that does not need our codes. */
function translateHttp(exception: HttpException): { status: number; fault: ApiFault } {
  const status = exception.getStatus();
  const fallback: ErrorCode = status >= 500 ? 'internal_error' : 'request_malformed';
  return { status, fault: { code: CODE_OF_STATUS[status] ?? fallback, message: sentence(exception.message) } };
}

function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
