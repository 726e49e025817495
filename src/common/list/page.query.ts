import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsOptional } from 'class-validator';
import { IsAtLeast, IsAtMost, IsInteger } from '../fields/rules.js';

export const DEFAULT_LIMIT = 20;
export const MAX_LIMIT = 100;

/** Which part of a list is wanted. */
export class PageQuery {
  @IsOptional()
  @IsInteger()
  @IsAtLeast(1)
  @IsAtMost(MAX_LIMIT)
  @ApiPropertyOptional({
    type: 'integer',
    minimum: 1,
    maximum: MAX_LIMIT,
    default: DEFAULT_LIMIT,
    description: 'Maximum number of objects to return.',
  })
  limit?: number;

  @IsOptional()
  @IsInteger()
  @IsAtLeast(0)
  @ApiPropertyOptional({ type: 'integer', minimum: 0, default: 0, description: 'Number of objects to skip.' })
  offset?: number;
}
