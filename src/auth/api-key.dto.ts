import { ApiProperty, ApiPropertyOptional, ApiSchema } from '@nestjs/swagger';
import { IsOptional } from 'class-validator';
import {
  CreateBody,
  FurtherChecks,
  IsAtLeast,
  IsAtMost,
  IsInteger,
  ListQuery,
  ObjectQuery,
  OptionalBody,
  PageOf,
} from '../common/index.js';
import { ApiKey } from './api-key.entity.js';

const DAY_S = 86_400;
const MOST_OVERLAP_S = 30 * DAY_S;

@ApiSchema({ name: 'ApiKeyWithSecret', description: 'A new key with its secret, which is shown only this once.' })
export class ApiKeyWithSecret extends ApiKey {
  @ApiProperty({
    type: String,
    nullable: true,
    description:
      'The key to send as `Authorization: Bearer …`. It is shown only once: a repeated request with the same ' +
      '`Idempotency-Key` gets null. If you lose it, make another key with `rotate`.',
    example: 'sk_test_crm_0000000000000000000000000000000HGh7u',
  })
  secret: string | null;
}

@FurtherChecks()
@ApiSchema({ name: 'ApiKeyCreate', description: 'Attributes of a new key.' })
export class CreateApiKey extends CreateBody(ApiKey) {
  static override readonly example = { name: 'nightly import', scopes: ['read', 'write'], rate_limit: 500 };
}

@OptionalBody()
@ApiSchema({ name: 'ApiKeyRotate', description: 'How to replace a key.' })
export class RotateApiKey {
  static readonly example = { overlap_seconds: 3600 };

  @IsOptional()
  @IsInteger()
  @IsAtLeast(0)
  @IsAtMost(MOST_OVERLAP_S)
  @ApiPropertyOptional({
    type: 'integer',
    minimum: 0,
    maximum: MOST_OVERLAP_S,
    default: DAY_S,
    description: 'Seconds during which the old key still works; 0 stops it at once.',
  })
  overlap_seconds?: number;

  static readonly defaultOverlap = DAY_S;
}

export class ApiKeyList extends PageOf(ApiKey) {}

export class ApiKeyListQuery extends ListQuery(ApiKey) {}

export class ApiKeyQuery extends ObjectQuery(ApiKey) {}
