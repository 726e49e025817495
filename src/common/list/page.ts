import type { Type } from '@nestjs/common';
import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { schemaName } from '../fields/property-metadata.js';

/** One page of a list: exact `total` of all that match, and whether more follow this page. */
export interface Page<T> {
  data: T[];
  has_more: boolean;
  /** Null when it was not wanted, or when there was no time to count. */
  total: number | null;
  /** Ids at the ends of the page, for its `Link` header; never in the body. */
  edges?: { first: string | undefined; last: string | undefined } | undefined;
}

export function pageOf<T>(data: T[], offset: number, total: number): Page<T> {
  return { data, has_more: offset + data.length < total, total };
}

/** The documented envelope of a list of `item`s; its schema is named after theirs, as in `NoteList`. */
export function PageOf<T extends object>(item: Type<T>): Type<Page<T>> {
  @ApiSchema({ name: `${schemaName(item)}List` })
  class PageSchema implements Page<T> {
    @ApiProperty({ type: [item], description: 'The objects of this page, in order.' })
    data: T[];
    @ApiProperty({ type: Boolean, description: 'Whether more objects follow this page.', example: false })
    has_more: boolean;
    @ApiProperty({
      type: 'integer',
      minimum: 0,
      nullable: true,
      description:
        'Exact number of all matching objects; null with `include_total=false`, and when counting takes too long.',
      example: 1,
    })
    total: number | null;
  }
  return PageSchema;
}
