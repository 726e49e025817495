import type { Type } from '@nestjs/common';
import { ApiProperty, ApiPropertyOptional, ApiSchema } from '@nestjs/swagger';
import { ArrayMaxSize, IsArray, IsOptional } from 'class-validator';
import { IsAtLeast, IsAtMost, IsInteger, IsText } from '../fields/rules.js';
import { MAX_LIMIT } from '../page/page.query.js';

const ID_LENGTH = 80;
const MOST_IDS = 100_000;

/** The query that lists the children of a parent: all of them, unless a part is asked for. */
export function ChildrenQuery(parentPrefix: string): Type<{ parent_id: string; limit?: number; offset?: number }> {
  class Query {
    @IsText(ID_LENGTH)
    @ApiProperty({ type: String, description: `Id of the ${parentPrefix}.`, example: exampleId(parentPrefix) })
    parent_id: string;

    @IsOptional()
    @IsInteger()
    @IsAtLeast(1)
    @IsAtMost(MAX_LIMIT)
    @ApiPropertyOptional({
      type: 'integer',
      minimum: 1,
      maximum: MAX_LIMIT,
      description: 'Maximum number of objects to return; absent, all.',
    })
    limit?: number;

    @IsOptional()
    @IsInteger()
    @IsAtLeast(0)
    @ApiPropertyOptional({ type: 'integer', minimum: 0, default: 0, description: 'Number of objects to skip.' })
    offset?: number;
  }
  return Query;
}

/** The body that puts the children of a parent into a new order. */
@ApiSchema({ name: 'Reorder', description: 'All children of a parent, in the order they should have.' })
export class ReorderBody {
  @IsOptional()
  @IsText(ID_LENGTH)
  @ApiPropertyOptional({
    type: String,
    description: 'Id of the parent; may be left out when `ids` is not empty.',
    example: exampleId('opportunity'),
  })
  parent_id?: string;

  @IsArray({ message: '$property must be a list of ids.' })
  @ArrayMaxSize(MOST_IDS)
  @IsText(ID_LENGTH, { each: true })
  @ApiProperty({ type: [String], description: 'Ids of all children of the parent, each once.' })
  ids: string[];
}

function exampleId(prefix: string): string {
  return `${prefix}_01jhqz3v5xk8m2n4p6r8t0v2w4`;
}
