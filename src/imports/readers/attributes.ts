import type { Type } from '@nestjs/common';
import { propertyNames, propertySchema } from '../../common/fields/property-metadata.js';
import { CreateOpportunity, OpportunityView } from '../../crm/opportunity/opportunity.dto.js';

/* The attributes that a file may have, by what the API document says of them; those of modules are among them. */

/** Lists of the body whose entries are rows of their own. */
export const LISTS = ['items', 'lost_reasons'] as const;

export type List = (typeof LISTS)[number];

/** How the text of a cell becomes a value. */
export type Kind = 'text' | 'number' | 'date' | 'time' | 'flag' | 'map';

/** What a column, or a key, stands for. */
export interface Attribute {
  /** As a header names it: `title`, `items.qty`, `metadata.region`. */
  name: string;
  list: List | undefined;
  /** The attribute of the deal, or of the child. */
  key: string;
  /** The key of a map that it is. */
  mapKey?: string;
  kind: Kind;
  /** Known, but nothing is taken from it. */
  isIgnored: boolean;
}

/** Times that a row which creates may have, beyond what a body takes. */
export const TIMES = ['created_at', 'stage_entered_at', 'won_at', 'lost_at', 'closed_at'] as const;

/** Columns that tell what was wrong with a row; a file that is sent again may have them. */
export const REPORT_COLUMNS = ['_line', '_param', '_code', '_message'] as const;

const MAP = 'metadata';

let known: Map<string, Attribute> | undefined;

/** All attributes by name, those that are known and ignored included. Looked up when the first file is read. */
export function attributes(): ReadonlyMap<string, Attribute> {
  known ??= new Map(list().map((attribute) => [attribute.name, attribute]));
  return known;
}

/** The attribute with the name; also a key of a map, as in `metadata.region`. */
export function attributeNamed(name: string): Attribute | undefined {
  const found = attributes().get(name);
  if (found !== undefined) return found;
  const [, prefix = '', mapKey] = /^(items\.)?metadata\.(.+)$/s.exec(name) ?? [];
  const map = attributes().get(`${prefix}${MAP}`);
  return map === undefined || mapKey === undefined ? undefined : { ...map, name, mapKey, kind: 'text' };
}

function list(): Attribute[] {
  const writable = new Set(propertyNames(CreateOpportunity));
  const further = ['id', 'pipeline_name', ...TIMES];
  const own = [...new Set([...propertyNames(OpportunityView), ...writable, ...further])]
    .filter((name) => !(LISTS as readonly string[]).includes(name) && name !== 'stages')
    .map((key) => ({
      ...described(CreateOpportunity, key, undefined),
      ...((TIMES as readonly string[]).includes(key) && { kind: 'time' as const }),
      isIgnored: !writable.has(key) && !further.includes(key),
    }));
  return [...own, ...LISTS.flatMap(childAttributes)];
}

function childAttributes(list: List): Attribute[] {
  const type = entryOf(list);
  const names = propertyNames(type).filter((name) => name !== 'idx');
  const readOnly = propertyNames(childOf(list)).filter((name) => !names.includes(name));
  return [
    ...names.map((key) => ({ ...described(type, key, list), isIgnored: false })),
    ...['id', 'idx', ...readOnly].map((key) => ({
      ...described(type, key, list),
      kind: 'text' as const,
      isIgnored: key !== 'id',
    })),
  ];
}

function described(type: Type, key: string, list: List | undefined): Omit<Attribute, 'isIgnored'> {
  return { name: list === undefined ? key : `${list}.${key}`, list, key, kind: kindOf(type, key) };
}

function kindOf(type: Type, key: string): Kind {
  const { type: declared, format } = propertySchema(type, key);
  if (key === MAP) return 'map';
  if (declared === Number || declared === 'integer' || declared === 'number') return 'number';
  if (declared === Boolean || declared === 'boolean') return 'flag';
  if (format === 'date') return 'date';
  return format === 'date-time' ? 'time' : 'text';
}

/** The class of the entries of a list in a body. */
export function entryOf(list: List): Type {
  return listedType(CreateOpportunity, list);
}

function childOf(list: List): Type {
  return listedType(OpportunityView, list);
}

function listedType(type: Type, list: List): Type {
  const { type: documented } = propertySchema(type, list) as { type?: unknown };
  return (Array.isArray(documented) ? documented[0] : documented) as Type;
}
