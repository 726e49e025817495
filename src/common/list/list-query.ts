import type { Type } from '@nestjs/common';
import { ApiPropertyOptional } from '@nestjs/swagger';
import type { ParameterErrors } from '../errors/parameter-errors.js';
import { whenLoaded } from '../docs/when-loaded.js';
import { attributesOf, type Attribute, type AttributeKind } from './attributes.js';
import { readConditions } from './conditions.js';
import { expandableOf } from './embedded-references.js';
import { filterDescription } from './filter-parameter.js';
import type { ListRequest } from './list-request.js';
import { listedValues } from './listed-values.js';
import { meaningOf, operatorsFor, parameterName, type Condition, type Operator } from './operators.js';
import { DEFAULT_LIMIT, MAX_LIMIT } from './page.query.js';
import { ParameterReader, type RawQuery } from './parameter-reader.js';
import { NEWEST_FIRST, readSort, withTieBreak } from './sort.js';

export interface ListQueryOptions {
  /** What `q` searches, for the document; without it there is no `q`. */
  searched?: readonly string[];
  /** Kinds of children that can be embedded. */
  expandable?: readonly string[];
  /** Filters beside those of the attributes, by parameter. */
  filters?: Readonly<Record<string, ListFilter>>;
}

/** A filter that is not about one attribute. */
export interface ListFilter {
  /** The parameter in the document. */
  schema: object;
  /** The condition that its text asks for, or what is wrong with it, as the end of a sentence. */
  read: (text: string) => Condition | string;
}

/** A filter that takes true or false. */
export function flagFilter(description: string, condition: Omit<Condition, 'value'>): ListFilter {
  const read = (text: string): Condition | string =>
    text === 'true' || text === 'false' ? { ...condition, value: text } : 'must be true or false.';
  return { schema: { type: Boolean, description }, read };
}

/** A class of query that reads itself from the raw parameters instead of being checked attribute by attribute. */
export interface SelfReadingQuery<T> {
  new (): T;
  read: (raw: RawQuery) => { value: T; errors: ParameterErrors };
}

/** The query of an entity's list: paging, sorting, searching, and a filter for every attribute and operator that fits it. */
export function ListQuery(entity: Type, options: ListQueryOptions = {}): SelfReadingQuery<ListRequest> {
  const attributes = attributesOf(entity);
  // eslint-disable-next-line @typescript-eslint/no-extraneous-class -- the document reads its parameters from a class
  class Query {
    static read(raw: RawQuery): { value: ListRequest; errors: ParameterErrors } {
      return readListRequest(raw, attributes, { ...options, expandable: expandableOf(entity, options.expandable) });
    }
  }
  const document = (name: string, schema: object): void => {
    ApiPropertyOptional(schema)(Query.prototype, name);
  };
  for (const [name, schema] of Object.entries(pagingParameters(attributes, options))) document(name, schema);
  documentExpand(Query, entity, options.expandable);
  for (const attribute of attributes)
    for (const operator of operatorsFor(attribute))
      document(parameterName(attribute, operator), filterSchema(attribute, operator));
  return Query as unknown as SelfReadingQuery<ListRequest>;
}

function pagingParameters(
  attributes: Attribute[],
  { searched = [], expandable = [], filters = {} }: ListQueryOptions,
): Record<string, object> {
  return {
    limit: {
      type: 'integer',
      minimum: 1,
      maximum: MAX_LIMIT,
      default: DEFAULT_LIMIT,
      description: 'Maximum number of objects to return.',
    },
    offset: {
      type: 'integer',
      minimum: 0,
      default: 0,
      description: 'Number of objects to skip; with a cursor it can only be 0.',
    },
    starting_after: { type: String, description: 'Cursor: the page after the object with this id.' },
    ending_before: { type: String, description: 'Cursor: the page before the object with this id.' },
    sort: {
      type: String,
      description: `Up to three attributes, separated by commas; \`-\` before an attribute means descending. Texts are in the order of Unicode: letter case and accents only decide between equal letters. Objects without a value come last. Default \`-created_at\`.`,
    },
    ...(searched.length > 0 && {
      q: {
        type: String,
        description: `Words, or beginnings of words, to find in ${searched.join(', ')}. Letter case and accents do not matter.`,
      },
    }),
    include_total: {
      type: Boolean,
      default: true,
      description: '`false` leaves `total` null and saves the counting.',
    },
    ...fieldParameters(attributes, expandable),
    ...Object.fromEntries(Object.entries(filters).map(([name, { schema }]) => [name, schema])),
    filter: { type: String, description: filterDescription(attributes) },
  };
}

/** The parameters that choose what of an object is shown; a single object takes them too. */
export function fieldParameters(
  attributes: readonly Attribute[],
  expandable: readonly string[],
): Record<string, object> {
  const namesOf = (isOptIn: boolean): string =>
    attributes
      .filter((attribute) => (attribute.isOptIn ?? false) === isOptIn)
      .map(({ name }) => name)
      .join(', ');
  const optIn = namesOf(true);
  const further =
    optIn === '' ? '' : ` \`*\` stands for all of these. Further ones, which no answer has without this: ${optIn}.`;
  return {
    fields: {
      type: String,
      description: `Attributes to return, separated by commas, of: ${namesOf(false)}.${further} The objects in the answer then lack all other attributes, even if their schema requires them.`,
      // For programs: with this parameter, an object of the answer need not have what its schema requires.
      'x-partial-objects': true,
    },
    ...(expandable.length > 0 && { expand: expandParameter(expandable) }),
  };
}

function expandParameter(expandable: readonly string[]): object {
  return { type: String, description: `Children to embed, separated by commas, of: ${expandable.join(', ')}.` };
}

/** Documents `expand` anew if other resources turn out to refer to the entity. */
export function documentExpand(query: Type, entity: Type, children: readonly string[] = []): void {
  whenLoaded(() => {
    const expandable = expandableOf(entity, children);
    if (expandable.length > children.length)
      ApiPropertyOptional(expandParameter(expandable))(query.prototype as object, 'expand');
  });
}

const TYPE_OF_KIND: Partial<Record<AttributeKind, typeof Number | typeof Boolean>> = { number: Number, flag: Boolean };

function filterSchema(attribute: Attribute, operator: Operator): object {
  const description = meaningOf(attribute, operator);
  if (operator === 'is_null') return { type: Boolean, description };
  if (operator === 'in' || operator === 'contains' || operator === 'starts_with') return { type: String, description };
  if (attribute.kind === 'choice') return { type: String, enum: attribute.values, description };
  return { type: TYPE_OF_KIND[attribute.kind] ?? String, description };
}

function readListRequest(
  raw: RawQuery,
  attributes: Attribute[],
  options: ListQueryOptions,
): { value: ListRequest; errors: ParameterErrors } {
  const reader = new ParameterReader(raw);
  const limit = reader.integer('limit', 1, MAX_LIMIT) ?? DEFAULT_LIMIT;
  const offset = reader.integer('offset', 0, Number.MAX_SAFE_INTEGER);
  const sort = reader.takeList('sort', (text) => readSort(text, attributes)) ?? NEWEST_FIRST;
  const words = options.searched ? reader.take('q', (text) => ({ text: text.trim() })) : undefined;
  const includeTotal = reader.flag('include_total') ?? true;
  const { fields, expand } = readShape(reader, attributes, options.expandable ?? []);
  const cursor = readCursor(reader, offset);
  const special = Object.entries(options.filters ?? {}).flatMap(([name, { read }]) => reader.take(name, read) ?? []);
  const conditions = [...special, ...readConditions(reader, attributes)];
  reader.refuseRest();
  const value = {
    limit,
    offset: offset ?? 0,
    conditions,
    sort: withTieBreak(sort),
    // Blank is as if absent.
    search: words?.text === '' ? undefined : words?.text,
    cursor,
    includeTotal,
    fields,
    expand,
  };
  return { value, errors: reader.errors };
}

/** The attributes wanted, in document order, and the children to embed. */
export function readShape(
  reader: ParameterReader,
  attributes: readonly Attribute[],
  expandable: readonly string[],
): Pick<ListRequest, 'fields' | 'expand'> {
  const names = attributes.map(({ name }) => name);
  const wanted = reader.takeList('fields', (text) => readFields(text, attributes));
  const expand =
    expandable.length === 0 ? [] : (reader.takeList('expand', (text) => readNames(text, expandable)) ?? []);
  return { fields: wanted && names.filter((name) => wanted.includes(name)), expand };
}

/** `*` stands for the attributes that an answer has without `fields`. */
function readFields(text: string, attributes: readonly Attribute[]): string[] | string {
  const names = readNames(text, ['*', ...attributes.map(({ name }) => name)]);
  if (typeof names === 'string' || !names.includes('*')) return names;
  return [...names, ...attributes.filter(({ isOptIn }) => !isOptIn).map(({ name }) => name)];
}

function readNames(text: string, known: readonly string[]): string[] | string {
  const names = listedValues(text);
  if (typeof names === 'string') return names;
  const unknown = names.find((name) => !known.includes(name));
  return unknown === undefined ? names : `does not know '${unknown}'; it takes ${known.join(', ')}.`;
}

function readCursor(reader: ParameterReader, offset = 0): ListRequest['cursor'] {
  const after = reader.take('starting_after', (id) => ({ id, reversed: false }));
  const before = reader.take('ending_before', (id) => ({ id, reversed: true }));
  if (after && before) reader.refuse('ending_before', 'cannot be combined with starting_after.');
  // Clients send the default of `offset`, which skips nothing.
  if ((after ?? before) && offset > 0) reader.refuse('offset', 'cannot be combined with a cursor.');
  return after ?? before;
}
