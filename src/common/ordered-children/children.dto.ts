import type { Type } from '@nestjs/common';
import { ApiProperty, ApiPropertyOptional, ApiSchema, OmitType } from '@nestjs/swagger';
import { ArrayMaxSize, IsOptional } from 'class-validator';
import { readOnlyAttributes, setReadOnlyAttributes } from '../body/read-only-attributes.js';
import { ID_LENGTH } from '../fields/limits.js';
import { exampleId } from '../ids/example-id.js';
import { IfGiven, IsList, IsText, textProblem } from '../fields/rules.js';
import { attributesOf } from '../list/attributes.js';
import { fieldParameters, readShape, type SelfReadingQuery } from '../list/list-query.js';
import type { ListRequest } from '../list/list-request.js';
import { MAX_LIMIT, PartQuery, type PageQuery } from '../list/page.query.js';
import { ParameterReader, type RawQuery } from '../list/parameter-reader.js';

const MOST_IDS = 100_000;

/** The query that lists the children of a parent: all of them, unless a part is asked for. */
export function ChildrenQuery(parentPrefix: string): Type<{ parent_id: string } & PageQuery> {
  class Query {
    @IsText(ID_LENGTH)
    @ApiProperty({ type: String, description: `Id of the ${parentPrefix}.`, example: exampleId(parentPrefix) })
    parent_id: string;
  }
  return PartQuery({ base: Query });
}

/** The same with `fields`, for children that have attributes beyond those of default answers. */
export function ChildrenFieldsQuery(parentPrefix: string, entity: Type): SelfReadingQuery<ChildrenFieldsRequest> {
  const attributes = attributesOf(entity);
  class Query extends ChildrenQuery(parentPrefix) {
    static read(raw: RawQuery): ReturnType<SelfReadingQuery<ChildrenFieldsRequest>['read']> {
      const reader = new ParameterReader(raw);
      const parent = reader.take('parent_id', (text) => textProblem(text, ID_LENGTH) ?? { id: text });
      if (raw['parent_id'] === undefined)
        reader.errors.add('parent_id', 'parameter_missing', () => 'parent_id is required.');
      const limit = reader.integer('limit', 1, MAX_LIMIT);
      const offset = reader.integer('offset', 0, Number.MAX_SAFE_INTEGER);
      const { fields } = readShape(reader, attributes, []);
      reader.refuseRest();
      const part = { ...(limit !== undefined && { limit }), ...(offset !== undefined && { offset }) };
      return { value: { parent_id: parent?.id ?? '', ...part, fields }, errors: reader.errors };
    }
  }
  for (const [name, schema] of Object.entries(fieldParameters(attributes, [])))
    ApiPropertyOptional(schema)(Query.prototype, name);
  return Query;
}

/** Which children of a parent are wanted, and what of them. */
export type ChildrenFieldsRequest = { parent_id: string } & PageQuery & Partial<Pick<ListRequest, 'fields'>>;

/** An entry of a list that is sent with its parent: the list gives parent and position. */
export function EntryBody<T extends object>(create: Type<T>, parentKey: keyof T & string): Type<Omit<T, 'idx'>> {
  const byList = [parentKey, 'idx'] as (keyof T)[];
  const body = OmitType(create, byList);
  setReadOnlyAttributes(body, [...readOnlyAttributes(create), ...(byList as string[])]);
  return body as unknown as Type<Omit<T, 'idx'>>;
}

/** An entry of a list that replaces the one there is: with the id of a child it changes that, without it makes a new one. */
export function ReplacementBody<T extends object>(
  update: Type<T>,
  parentKey: keyof T & string,
): Type<Omit<T, 'idx'> & { id?: string }> {
  class Replacement extends (EntryBody(update, parentKey) as Type<object>) {
    @IfGiven()
    @IsText(ID_LENGTH)
    @ApiPropertyOptional({ type: String, description: 'Id of an existing child; without it a new child is created.' })
    id?: string;
  }
  setReadOnlyAttributes(
    Replacement,
    [...readOnlyAttributes(update)].filter((name) => name !== 'id').concat(parentKey, 'idx'),
  );
  return Replacement as unknown as Type<Omit<T, 'idx'> & { id?: string }>;
}

/** The body that puts the children of a parent into a new order. */
@ApiSchema({ name: 'Reorder', description: 'All children of a parent, in their new order.' })
export class ReorderBody {
  @IsOptional()
  @IsText(ID_LENGTH)
  @ApiPropertyOptional({
    type: String,
    description: 'Id of the parent; may be left out when `ids` is not empty.',
    example: exampleId('opportunity'),
  })
  parent_id?: string;

  @IsList('ids')
  @ArrayMaxSize(MOST_IDS)
  @IsText(ID_LENGTH, { each: true })
  @ApiProperty({ type: [String], description: 'Ids of all children of the parent, each once.' })
  ids: string[];
}
