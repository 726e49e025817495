import type { Attribute } from './attributes.js';
import { conditionOf, type Condition, type Operator } from './operators.js';

/** Where the values of an attribute are that an object has from its children: none, one or several. */
export interface ChildColumn {
  /** Table of the children. */
  table: string;
  column: string;
  /** Their column with the id of the parent. */
  parentKey: string;
  /** Table of the parents. */
  parentTable: string;
}

/** A text of the children that their parents can be filtered by. */
export function childAttribute(name: string, description: string, children: ChildColumn): Attribute {
  return { name, kind: 'text', nullable: true, values: [], description, children };
}

/** The condition that a row is a child of the row of the parents' table in the same statement, whose workspace is `$1`. */
export function isChildOf({ table, parentKey, parentTable }: ChildColumn): string {
  return `${table}.workspace_id = $1 and ${table}.${parentKey} = ${parentTable}.id`;
}

/** The condition that an object has such a child, or what is wrong with the texts. */
export function childCondition(
  attribute: Attribute,
  children: ChildColumn,
  operator: Operator,
  texts: readonly string[],
): Condition | string {
  const { table, column } = children;
  const has = (condition: string): string => `exists (select from ${table} where ${isChildOf(children)}${condition})`;
  const inner = conditionOf({ ...attribute, name: `${table}.${column}` }, operator, texts);
  if (typeof inner === 'string') return inner;
  if (operator === 'is_null') return { ...inner, sql: (place) => `${has('')} <> ${place}::boolean` };
  return { ...inner, sql: (place) => has(` and ${inner.sql(place)}`), ofChild: inner.sql };
}
