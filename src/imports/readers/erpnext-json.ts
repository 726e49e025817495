import { ERPNEXT_COLUMNS } from '../../crm/data-exchange/columns.js';
import { isObject } from '../../common/body/check.js';
import { type Decimal, ExactNumber, stringifyExact } from '../../common/index.js';
import { attributes, LISTS, type List } from './attributes.js';
import type { DealRow } from './deal-row.js';
import { readTimes, REPORT_KEYS, type BodyReader } from './json-rows.js';
import { readTime } from './values.js';

/** Attributes by the keys of ERPNext's documents that are called otherwise here. */
const RENAMED = new Map([
  ['creation', 'created_at'],
  ...ERPNEXT_COLUMNS.flatMap(({ field, attribute, formerFields = [], isComputed }) =>
    attribute === null || isComputed ? [] : [field, ...formerFields].map((name): [string, string] => [name, attribute]),
  ),
]);

/** Amounts that the service computes itself, by the keys of ERPNext's documents. */
const COMPUTED = new Map(
  ERPNEXT_COLUMNS.flatMap(({ field, attribute, isComputed }): [string, string][] =>
    attribute !== null && isComputed ? [[field, attribute]] : [],
  ),
);

const UNMISSED = new Set(ERPNEXT_COLUMNS.filter(({ isUnmissed }) => isUnmissed).map(({ field }) => field));

/** One document of ERPNext's REST API a line, bare or in `{"data": …}`. Null and "" mean that there is nothing. */
export function erpnextBody(zone: string): BodyReader {
  return (given, row) => {
    const { data } = given;
    const isWrapped = typeof data === 'object' && data !== null && !Array.isArray(data);
    const document = isWrapped ? (data as Record<string, unknown>) : given;
    const ignored = new Set(
      isWrapped ? Object.keys(given).filter((name) => name !== 'data' && !REPORT_KEYS.has(name)) : [],
    );
    const reading = { row, ignored };
    for (const [name, value] of Object.entries(document)) {
      if (value === null || value === '') continue;
      if ((LISTS as readonly string[]).includes(name)) row.body[name] = entriesOf(value, name as List, reading);
      else if (!REPORT_KEYS.has(name)) take(row.body, name, value, { ...reading, path: '' });
    }
    for (const [name, value] of Object.entries(row.body))
      if (attributes().get(name)?.kind === 'time' && typeof value === 'string')
        row.body[name] = readTime(value.trim(), zone) ?? value;
    readTimes(row, zone);
    row.ignored = [...ignored];
  };
}

interface Reading {
  row: DealRow;
  ignored: Set<string>;
}

function entriesOf(value: unknown, list: List, reading: Reading): unknown {
  if (!Array.isArray(value)) return value;
  return value.map((entry: unknown, index): unknown => {
    if (!isObject(entry)) return entry;
    const body: Record<string, unknown> = {};
    for (const [name, each] of Object.entries(entry))
      take(body, name, each, { ...reading, list, path: `${list}[${index}].` });
    return body;
  });
}

function take(
  body: Record<string, unknown>,
  name: string,
  value: unknown,
  { row, ignored, list, path }: Reading & { list?: List; path: string },
): void {
  if (value === null || value === '') return;
  const own = list === undefined ? name : `${list}.${name}`;
  if (COMPUTED.has(own)) {
    (row.computed ??= {})[path + name] = amountOf(value);
    return;
  }
  const attribute = attributes().get(RENAMED.get(own) ?? own);
  if (attribute?.isIgnored === true || UNMISSED.has(own)) return;
  if (attribute === undefined || attribute.key === 'id') ignored.add(own);
  else body[attribute.key] = value;
}

/** The amount, or the text that stands for it. */
function amountOf(value: unknown): Decimal | string {
  if (typeof value === 'string') return value.trim();
  return Number.isFinite(value) || value instanceof ExactNumber ? (value as Decimal) : stringifyExact(value);
}
