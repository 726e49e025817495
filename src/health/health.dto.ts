import { schemaRef } from '../common/fields/property-metadata.js';
import { ApiExtraModels, ApiProperty, ApiPropertyOptional, ApiSchema } from '@nestjs/swagger';

@ApiSchema({ name: 'HealthCheck', description: 'Result of one check.' })
export class HealthCheckDto {
  @ApiProperty({ type: String, enum: ['up', 'down'], description: 'Whether the check passed.', example: 'up' })
  status: 'up' | 'down';
  @ApiPropertyOptional({ type: Number, description: 'Duration of the check, in milliseconds.', example: 2 })
  responseTime?: number;
  @ApiPropertyOptional({
    type: String,
    description: 'Reason, if the check is down.',
    example: 'The database does not answer.',
  })
  message?: string;
}

type Checks = Record<string, HealthCheckDto>;

const checks = (description: string): object => ({
  type: 'object',
  description,
  additionalProperties: schemaRef(HealthCheckDto),
});

/** As @nestjs/terminus answers it, which health tools know. */
@ApiExtraModels(HealthCheckDto)
@ApiSchema({ name: 'Health', description: 'State of the service.' })
export class Health {
  @ApiProperty({
    type: String,
    enum: ['ok', 'error', 'shutting_down'],
    description: '`ok` with 200. With 503: `error` if a check is down, `shutting_down` after SIGTERM.',
    example: 'ok',
  })
  status: 'ok' | 'error' | 'shutting_down';
  @ApiProperty(checks('The checks that are up.'))
  info: Checks;
  @ApiProperty(checks('The checks that are down.'))
  error: Checks;
  @ApiProperty(checks('All checks, by name.'))
  details: Checks;
}

const up = { status: 'up', responseTime: 1 } as const;
const down = { status: 'down', message: 'The database does not answer.', responseTime: 1000 } as const;

export const LIVE: Health = { status: 'ok', info: {}, error: {}, details: {} };

export const READY: Health = {
  status: 'ok',
  info: { database: up, migrations: up },
  error: {},
  details: { database: up, migrations: up },
};

export const NOT_READY: Health = {
  status: 'error',
  info: {},
  error: { database: down, migrations: down },
  details: { database: down, migrations: down },
};

export const SHUTTING_DOWN: Health = { ...LIVE, status: 'shutting_down' };
