import type { Attribute } from './attributes.js';
import { childCondition } from './child-attribute.js';
import { readFilter } from './filter-parameter.js';
import { listedValues } from './listed-values.js';
import { conditionOf, OPERATORS, operatorsFor, parameterName, type Condition, type Operator } from './operators.js';
import type { ParameterReader } from './parameter-reader.js';

interface NamedFilter {
  attribute: Attribute;
  operator: Operator;
}

/** The conditions that a list has to meet: those in `filter`, and those that are parameters of their own. */
export function readConditions(reader: ParameterReader, attributes: readonly Attribute[]): Condition[] {
  const byName = new Map(attributes.map((attribute) => [attribute.name, attribute]));
  const inFilter = readFilterParameter(reader, byName);
  const alone = reader.rest().flatMap((param) => {
    const filter = filterNamed(param.replace(/\[in\]\[\]$/, '[in]'), byName);
    if (typeof filter === 'string') reader.refuse(param, filter);
    return filter === undefined || typeof filter === 'string' ? [] : (readAlone(reader, param, filter) ?? []);
  });
  return inFilter === undefined ? alone : [...inFilter, ...alone];
}

function readAlone(
  reader: ParameterReader,
  param: string,
  { attribute, operator }: NamedFilter,
): Condition | undefined {
  const conditionOfText = (text: string): Condition | string => condition(attribute, operator, text);
  if (operator === 'in') return reader.takeList(parameterName(attribute, 'in'), conditionOfText);
  const severalValues = `must be given only once; to match one of several values, use ${parameterName(attribute, 'in')}.`;
  return reader.take(param, conditionOfText, operator === 'eq' ? severalValues : undefined);
}

/** The condition that a query parameter asks for, or what is wrong with its text. */
export function condition(attribute: Attribute, operator: Operator, text: string): Condition | string {
  const texts = operator === 'in' ? listedValues(text) : [text];
  return typeof texts === 'string' ? texts : anyCondition({ attribute, operator }, texts);
}

/** The same of values that are apart already. */
function anyCondition({ attribute, operator }: NamedFilter, texts: readonly string[]): Condition | string {
  const { children } = attribute;
  return children === undefined
    ? conditionOf(attribute, operator, texts)
    : childCondition(attribute, children, operator, texts);
}

function readFilterParameter(reader: ParameterReader, byName: ReadonlyMap<string, Attribute>): Condition[] | undefined {
  return reader.take('filter', readFilter)?.flatMap(({ name, values }) => {
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
  const operator = bracket === undefined ? 'eq' : OPERATORS.find((known) => known === bracket && known !== 'eq');
  const fitting = operatorsFor(attribute);
  if (operator !== undefined && fitting.includes(operator)) return { attribute, operator };
  const fit = fitting.map((known) => parameterName(attribute, known)).join(', ');
  return `is not a filter of ${name}; use one of ${fit}.`;
}
