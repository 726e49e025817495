import type { Attribute } from './attributes.js';
import { childCondition } from './child-attribute.js';
import { readFilter } from './filter-parameter.js';
import { listedValues } from './listed-values.js';
import { mapCondition, mapParameter, readMapKey, type MapKey } from './map-condition.js';
import {
  conditionOf,
  MOST_VALUES,
  OPERATORS,
  operatorsFor,
  parameterName,
  type Condition,
  type Operator,
} from './operators.js';
import type { ParameterReader } from './parameter-reader.js';

interface NamedFilter {
  attribute: Attribute;
  operator: Operator;
  /** Of a map. */
  key?: string;
}

/** The conditions that a list has to meet: those in `filter`, and those that are parameters of their own. */
export function readConditions(reader: ParameterReader, attributes: readonly Attribute[]): Condition[] {
  if (reader.rest().length === 0) return [];
  const byName = new Map(attributes.map((attribute) => [attribute.name, attribute]));
  const inFilter = readFilterParameter(reader, byName);
  const alone = reader.rest().flatMap((param) => {
    const filter = filterNamed(param.replace(/\[in\]\[\]$/, '[in]'), byName);
    if (typeof filter === 'string') reader.refuse(param, filter);
    return filter === undefined || typeof filter === 'string' ? [] : (readAlone(reader, param, filter) ?? []);
  });
  return inFilter === undefined ? alone : [...inFilter, ...alone];
}

function readAlone(reader: ParameterReader, param: string, filter: NamedFilter): Condition | undefined {
  const { attribute, operator, key } = filter;
  const listed = key === undefined ? parameterName(attribute, 'in') : mapParameter(attribute.name, key, 'in');
  const conditionOfText = (text: string): Condition | string => condition(filter, text);
  if (operator === 'in') return reader.takeList(listed, conditionOfText);
  const severalValues = `must be given only once; to match one of several values, use ${listed}.`;
  return reader.take(param, conditionOfText, operator === 'eq' ? severalValues : undefined);
}

/** The condition that a query parameter asks for, or what is wrong with its text. */
export function condition(filter: NamedFilter, text: string): Condition | string {
  const texts = filter.operator === 'in' ? listedValues(text) : [text];
  return typeof texts === 'string' ? texts : anyCondition(filter, texts);
}

/** The same of values that are apart already. */
function anyCondition({ attribute, operator, key }: NamedFilter, texts: readonly string[]): Condition | string {
  const { children } = attribute;
  if (key !== undefined) return keyCondition(attribute, { key, operator }, texts);
  return children === undefined
    ? conditionOf(attribute, operator, texts)
    : childCondition(attribute, children, operator, texts);
}

function keyCondition(attribute: Attribute, asked: MapKey, texts: readonly string[]): Condition | string {
  if (texts.length > MOST_VALUES) return `takes at most ${MOST_VALUES} values.`;
  if (asked.operator === 'is_null' && texts[0] !== 'true' && texts[0] !== 'false') return 'must be true or false.';
  if (texts.some((text) => text.includes('\u0000'))) return 'must not contain the character U+0000.';
  return mapCondition(attribute, asked, texts);
}

function readFilterParameter(reader: ParameterReader, byName: ReadonlyMap<string, Attribute>): Condition[] | undefined {
  const maps = [...byName.values()].filter(({ kind }) => kind === 'map').map(({ name }) => name);
  return reader
    .take('filter', (text) => readFilter(text, maps))
    ?.flatMap(({ name, values }) => {
      const filter =
        filterNamed(name, byName) ?? `is not an attribute to filter by; use one of ${[...byName.keys()].join(', ')}.`;
      const read = typeof filter === 'string' ? filter : anyCondition(filter, values);
      if (typeof read !== 'string') return [read];
      reader.refuse('filter', read, `${name} in filter`);
      return [];
    });
}

/** The attribute and operator of a filter such as `total[gte]`, or what is wrong with it; undefined if it names no attribute. */
function filterNamed(param: string, byName: ReadonlyMap<string, Attribute>): NamedFilter | string | undefined {
  const [, name = '', bracket] = /^([a-z_]+)(?:\[(.*)\])?$/.exec(param) ?? [];
  const attribute = byName.get(name);
  if (attribute === undefined) return undefined;
  if (attribute.kind === 'map') {
    const asked = readMapKey(name, bracket);
    return typeof asked === 'string' ? asked : { attribute, ...asked };
  }
  const operator = bracket === undefined ? 'eq' : OPERATORS.find((known) => known === bracket && known !== 'eq');
  const fitting = operatorsFor(attribute);
  if (operator !== undefined && fitting.includes(operator)) return { attribute, operator };
  const fit = fitting.map((known) => parameterName(attribute, known)).join(', ');
  return `is not a filter of ${name}; use one of ${fit}.`;
}
