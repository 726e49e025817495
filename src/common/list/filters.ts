import type { Attribute, AttributeKind } from './attributes.js';
import { readConditions } from './conditions.js';
import { filterDescription } from './filter-parameter.js';
import type { Filter } from './list-request.js';
import { meaningOf, operatorsFor, parameterName, type Condition, type Operator } from './operators.js';
import type { ParameterReader } from './parameter-reader.js';

/** What lists are filtered by, beside the attributes of the entity. */
export interface FilterOptions {
  /** What `q` searches, for the document; without it there is no `q`. */
  searched?: readonly string[];
  /** Texts of children. */
  childAttributes?: readonly Attribute[];
  /** Filters that are not about one attribute, by parameter. */
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

/** Which objects are wanted: everything that no one has taken out of the query yet is a filter, or unknown. */
export function readFilters(
  reader: ParameterReader,
  attributes: readonly Attribute[],
  { searched, childAttributes = [], filters = {} }: FilterOptions,
): Filter {
  const words = searched ? reader.take('q', (text) => ({ text: text.trim() })) : undefined;
  const special = Object.entries(filters).flatMap(([name, { read }]) => reader.take(name, read) ?? []);
  const conditions = [...special, ...readConditions(reader, [...attributes, ...childAttributes])];
  // Blank is as if absent.
  return { conditions, search: words?.text === '' ? undefined : words?.text };
}

/** For the document: the search, all filters in one parameter, and one for every attribute and operator that fits it. */
export function filterParameters(
  attributes: readonly Attribute[],
  { searched = [], childAttributes = [], filters = {} }: FilterOptions,
): Record<string, object> {
  const all = [...attributes, ...childAttributes];
  const single = all.flatMap((attribute) =>
    operatorsFor(attribute).map((operator) => [parameterName(attribute, operator), filterSchema(attribute, operator)]),
  );
  const search = `Words, or beginnings of words, to find in ${searched.join(', ')}. Letter case and accents do not matter.`;
  return {
    ...(searched.length > 0 && { q: { type: String, description: search } }),
    ...Object.fromEntries(Object.entries(filters).map(([name, { schema }]) => [name, schema])),
    filter: { type: String, description: filterDescription(all) },
    ...(Object.fromEntries(single) as Record<string, object>),
  };
}

/** Marks a parameter of a list as a filter, for programs: the page and the compact document take filters out. */
export const FILTER = 'x-filter';

const TYPE_OF_KIND: Partial<Record<AttributeKind, typeof Number | typeof Boolean>> = { number: Number, flag: Boolean };

function filterSchema(attribute: Attribute, operator: Operator): object {
  return { ...valueSchema(attribute, operator), description: meaningOf(attribute, operator), [FILTER]: true };
}

function valueSchema({ kind, values }: Attribute, operator: Operator): object {
  if (operator === 'is_null') return { type: Boolean };
  if (operator === 'in' || operator === 'contains' || operator === 'starts_with') return { type: String };
  if (kind === 'choice') return { type: String, enum: values };
  return { type: TYPE_OF_KIND[kind] ?? String };
}
