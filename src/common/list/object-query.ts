import type { Type } from '@nestjs/common';
import { ApiPropertyOptional } from '@nestjs/swagger';
import { attributesOf } from './attributes.js';
import { expandableOf } from './embedded-references.js';
import { documentExpand, fieldParameters, readShape, type ChildEntities, type SelfReadingQuery } from './list-query.js';
import type { ListRequest } from './list-request.js';
import { ParameterReader, type RawQuery } from './parameter-reader.js';

/** What of one object is wanted. */
export type ObjectRequest = Pick<ListRequest, 'fields' | 'expand' | 'childFields'>;

/** Which attributes of written objects are wanted. */
export type FieldsRequest = Pick<ListRequest, 'fields'>;

/** The query of a write that answers several objects: which attributes of them to show. */
export function FieldsQuery(entity: Type): SelfReadingQuery<FieldsRequest> {
  const attributes = attributesOf(entity);
  // eslint-disable-next-line @typescript-eslint/no-extraneous-class -- the document reads its parameters from a class
  class Query {
    static read(raw: RawQuery): ReturnType<SelfReadingQuery<FieldsRequest>['read']> {
      const reader = new ParameterReader(raw);
      const { fields } = readShape(reader, attributes, []);
      reader.refuseRest();
      return { value: { fields }, errors: reader.errors };
    }
  }
  for (const [name, schema] of Object.entries(fieldParameters(attributes, [])))
    ApiPropertyOptional(schema)(Query.prototype, name);
  return Query as unknown as SelfReadingQuery<FieldsRequest>;
}

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
