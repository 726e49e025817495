import type { Type } from '@nestjs/common';
import { ApiPropertyOptional } from '@nestjs/swagger';
import { attributesOf } from './attributes.js';
import { expandableOf } from './embedded-references.js';
import { documentExpand, fieldParameters, readShape, type ChildEntities, type SelfReadingQuery } from './list-query.js';
import type { ListRequest } from './list-request.js';
import { ParameterReader, type RawQuery } from './parameter-reader.js';

/** What of one object is wanted. */
export type ObjectRequest = Pick<ListRequest, 'fields' | 'expand' | 'childFields'>;

/** The query of a single object: which attributes to show and which children to embed. */
export function ObjectQuery(
  entity: Type,
  expandable: readonly string[] = [],
  children: ChildEntities = {},
): SelfReadingQuery<ObjectRequest> {
  const attributes = attributesOf(entity);
  // eslint-disable-next-line @typescript-eslint/no-extraneous-class -- the document reads its parameters from a class
  class Query {
    static read(raw: RawQuery): ReturnType<SelfReadingQuery<ObjectRequest>['read']> {
      const reader = new ParameterReader(raw);
      const value = readShape(reader, attributes, expandableOf(entity, expandable), children);
      reader.refuseRest();
      return { value, errors: reader.errors };
    }
  }
  for (const [name, schema] of Object.entries(fieldParameters(attributes, expandable, children)))
    ApiPropertyOptional(schema)(Query.prototype, name);
  documentExpand(Query, entity, expandable);
  return Query as unknown as SelfReadingQuery<ObjectRequest>;
}
