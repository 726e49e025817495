import { applyDecorators, Controller, Get, HttpStatus, Inject, Res, type HttpException } from '@nestjs/common';
import { ApiExtraModels, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { HealthCheckService } from '@nestjs/terminus';
import type { FastifyReply } from 'fastify';
import { Public } from '../common/routes/access.js';
import { failure, REQUEST_ID } from '../common/docs/failures.js';
import { schemaRef } from '../common/fields/property-metadata.js';
import { ErrorBody } from '../common/errors/error-body.js';
import { CONFIG, type Config } from '../config/config.js';
import { DatabaseHealth } from './database.health.js';
import { Health, LIVE, NOT_READY, READY, SHUTTING_DOWN } from './health.dto.js';
import { Shutdown } from './shutdown.js';

/** For orchestrators and load balancers: is the process alive, and should it be sent requests? */
@Controller('health')
@Public()
@ApiTags('Monitoring')
@ApiExtraModels(ErrorBody, Health)
export class HealthController {
  constructor(
    private readonly health: HealthCheckService,
    private readonly database: DatabaseHealth,
    private readonly shutdown: Shutdown,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  @Get('live')
  @ApiHealth(
    'getLiveness',
    'Check that the process runs',
    'Does not ask the database. Restart the process if it does not respond.',
  )
  @ApiState(HttpStatus.OK, 'The process runs.', { live: LIVE })
  live(): Health {
    return LIVE;
  }

  @Get('ready')
  @ApiHealth(
    'getReadiness',
    'Check that the service is ready',
    'Checks the database, its migrations, and the disk of an embedded database. Always responds within two seconds.',
  )
  @ApiState(HttpStatus.OK, 'Ready.', { ready: READY })
  @ApiState(HttpStatus.SERVICE_UNAVAILABLE, 'Not ready.', { error: NOT_READY, shutting_down: SHUTTING_DOWN })
  async ready(@Res({ passthrough: true }) reply: FastifyReply): Promise<Health> {
    const state = this.shutdown.hasBegun ? SHUTTING_DOWN : await this.check();
    if (state.status !== 'ok') void reply.status(HttpStatus.SERVICE_UNAVAILABLE);
    return state;
  }

  private async check(): Promise<Health> {
    const { DATABASE_URL, DATA_DIR } = this.config;
    const disk = DATABASE_URL === undefined ? [this.database.hasRoom(DATA_DIR)] : [];
    const checks = [this.database.answers(), this.database.migrated(), ...disk];
    // terminus throws what is not healthy, which the error filter would turn into an error body.
    const unhealthy = (thrown: HttpException): object => thrown.getResponse() as object;
    return (await this.health.check(checks).catch(unhealthy)) as Health;
  }
}

function ApiHealth(operationId: string, summary: string, description: string): MethodDecorator {
  return applyDecorators(ApiOperation({ operationId, summary, description, security: [] }), failure(400));
}

function ApiState(status: HttpStatus, description: string, examples: Record<string, Health>): MethodDecorator {
  const schema = schemaRef(Health);
  const named = Object.entries(examples).map(([name, value]) => [name, { summary: value.status, value }]);
  const content = { 'application/json': { schema, examples: Object.fromEntries(named) as Record<string, object> } };
  return ApiResponse({ status, description, headers: REQUEST_ID, content });
}
