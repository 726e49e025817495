import { Controller, Get, Headers, HttpStatus, Inject, Res } from '@nestjs/common';
import { ApiExtraModels, ApiOperation, ApiResponse, ApiSecurity, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Public } from '../common/routes/access.js';
import { failure, REQUEST_ID } from '../common/docs/failures.js';
import { ApiException } from '../common/errors/api.exception.js';
import { ErrorBody } from '../common/errors/error-body.js';
import { CONFIG, type Config } from '../config/config.js';
import { Metrics } from './metrics.js';
import { hasToken } from './token.js';

const EXAMPLE = `# HELP http_requests_total HTTP requests, by route, method and status; 499 where the client left.
# TYPE http_requests_total counter
http_requests_total{method="GET",route="/api/crm/opportunity/:id",status="200"} 1284
`;

/** Public, as it takes no API key: metrics are of all workspaces, so they have a token of their own. */
@Controller('metrics')
@Public()
@ApiTags('Monitoring')
@ApiSecurity('metrics')
@ApiExtraModels(ErrorBody)
export class MetricsController {
  constructor(
    private readonly metrics: Metrics,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  @Get()
  @ApiOperation({
    operationId: 'getMetrics',
    summary: 'Metrics for Prometheus',
    description: 'Works only if the operator has set `METRICS_TOKEN`.',
  })
  @ApiResponse({
    status: HttpStatus.OK,
    description: 'In the text format of Prometheus.',
    headers: REQUEST_ID,
    content: { 'text/plain': { schema: { type: 'string' }, example: EXAMPLE } },
  })
  @failure(400)
  @failure(401)
  async read(
    @Headers('authorization') authorization: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string> {
    if (!hasToken(authorization, this.config.METRICS_TOKEN)) throw unauthenticated(this.config);
    void reply.header('Content-Type', this.metrics.registry.contentType);
    return this.metrics.text();
  }
}

function unauthenticated({ METRICS_TOKEN }: Config): ApiException {
  return new ApiException(HttpStatus.UNAUTHORIZED, {
    code: 'authentication_required',
    message:
      METRICS_TOKEN === undefined
        ? 'Set METRICS_TOKEN to read metrics here, or METRICS_PORT to read them on a port of their own.'
        : 'Metrics need the METRICS_TOKEN: send it as "Authorization: Bearer …".',
    headers: { 'WWW-Authenticate': 'Bearer realm="metrics"' },
  });
}
