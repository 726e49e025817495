import type { Type } from '@nestjs/common';
import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsOptional } from 'class-validator';
import { IsAtLeast, IsAtMost, IsInteger } from '../fields/rules.js';

export const DEFAULT_LIMIT = 20;
export const MAX_LIMIT = 100;

/** Which part of a list is wanted. */
export interface PageQuery {
  limit?: number;
  offset?: number;
}

/** A query for a part of a list, beside what `base` asks for. Without `fallback`, an absent limit means all. */
export function PartQuery<T extends object = object>({
  base = Object as unknown as Type<T>,
  fallback,
}: {
  base?: Type<T>;
  fallback?: number;
}): Type<T & PageQuery> {
  class Query extends (base as Type<object>) {
    @IsOptional()
    @IsInteger()
    @IsAtLeast(1)
    @IsAtMost(MAX_LIMIT)
    @ApiPropertyOptional({
      type: 'integer',
      minimum: 1,
      maximum: MAX_LIMIT,
      ...(fallback !== undefined && { default: fallback }),
      description: `Maximum number of objects to return${fallback === undefined ? '; without it, all' : ''}.`,
    })
    limit?: number;

    @IsOptional()
    @IsInteger()
    @IsAtLeast(0)
    @ApiPropertyOptional({ type: 'integer', minimum: 0, default: 0, description: 'Number of objects to skip.' })
    offset?: number;
  }
  return Query as unknown as Type<T & PageQuery>;
}
