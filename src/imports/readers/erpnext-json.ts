import { ERPNEXT_COLUMNS } from '../../crm/data-exchange/columns.js';
import { attributes, LISTS, type List } from './attributes.js';
import { readTimes, type BodyReader } from './json-rows.js';
import { readTime } from './values.js';

/** Attributes by the keys of ERPNext's documents that are called otherwise here. */
const RENAMED = new Map([
  ['creation', 'created_at'],
  ...ERPNEXT_COLUMNS.flatMap(({ field, attribute, formerFields = [], isComputed }) =>
    attribute === null || isComputed ? [] : [field, ...formerFields].map((name): [string, string] => [name, attribute]),
  ),
]);

/** One document of ERPNext's REST API a line, bare or in `{"data": …}`. Null and "" mean that there is nothing. */
export function erpnextBody(zone: string): BodyReader {
  return (given, row) => {
    const { data } = given;
    const isWrapped = typeof data === 'object' && data !== null && !Array.isArray(data);
    const document = isWrapped ? (data as Record<string, unknown>) : given;
    const ignored = new Set<string>();
    for (const [name, value] of Object.entries(document)) {
      if ((LISTS as readonly string[]).includes(name)) row.body[name] = entriesOf(value, name as List, ignored);
      else take(row.body, name, value, undefined, ignored);
    }
    for (const [name, value] of Object.entries(row.body))
      if (attributes().get(name)?.kind === 'time' && typeof value === 'string')
        row.body[name] = readTime(value.trim(), zone) ?? value;
    readTimes(row, zone);
    row.ignored = [...ignored];
  };
}

function entriesOf(value: unknown, list: List, ignored: Set<string>): unknown {
  if (!Array.isArray(value)) return value;
  return value.map((entry: unknown): unknown => {
    if (typeof entry !== 'object' || entry === null) return entry;
    const body: Record<string, unknown> = {};
    for (const [name, each] of Object.entries(entry)) take(body, name, each, list, ignored);
    return body;
  });
}

function take(
  body: Record<string, unknown>,
  name: string,
  value: unknown,
  list: List | undefined,
  ignored: Set<string>,
): void {
  if (value === null || value === '' || name.startsWith('_')) return;
  const own = list === undefined ? name : `${list}.${name}`;
  const path = RENAMED.get(own) ?? own;
  const attribute = attributes().get(path);
  if (attribute?.isIgnored === true || own === 'lost_reasons.name') return;
  if (attribute === undefined || attribute.key === 'id') ignored.add(own);
  else body[attribute.key] = value;
}
