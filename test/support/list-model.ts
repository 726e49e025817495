import * as fc from 'fast-check';
import type { TestDatabase } from './database.js';
import { minimal } from './fixtures.js';

/*
 * A list as the service should answer it, computed without the service's help: which rows a filter keeps, and in which
 * order a sort puts them. Text is in the order of all languages, which JavaScript knows as well.
 */

export type Kind = 'text' | 'choice' | 'flag' | 'number' | 'date' | 'timestamp';
export type Row = Readonly<Record<string, string | number | null>>;

/** One filter; `text` is what stands in the query string. */
export interface Filter {
  name: string;
  kind: Kind;
  operator: string;
  text: string;
}

const ORDERED = ['eq', 'ne', 'gt', 'gte', 'lt', 'lte', 'in'];

/** What fits an attribute, besides `is_null` on one that may be null. */
export const FITTING: Record<Kind, readonly string[]> = {
  text: ['eq', 'ne', 'in', 'contains', 'starts_with'],
  choice: ['eq', 'ne', 'in'],
  flag: ['eq', 'ne'],
  number: ORDERED,
  date: ORDERED,
  timestamp: ORDERED,
};

export const parameterOf = (name: string, operator: string): string =>
  operator === 'eq' ? name : `${name}[${operator}]`;

export function matches(row: Row, { name, kind, operator, text }: Filter): boolean {
  const value = row[name] ?? null;
  if (operator === 'is_null') return (value === null) === (text === 'true');
  if (value === null) return operator === 'ne';
  switch (operator) {
    case 'in':
      return text.split(',').some((each) => compare(kind, value, unquoted(each)) === 0);
    case 'contains':
      return plainText(value).includes(plainText(text));
    case 'starts_with':
      return plainText(value).startsWith(plainText(text));
    case 'ne':
      return compare(kind, value, text) !== 0;
    case 'gt':
      return compare(kind, value, text) > 0;
    case 'gte':
      return compare(kind, value, text) >= 0;
    case 'lt':
      return compare(kind, value, text) < 0;
    case 'lte':
      return compare(kind, value, text) <= 0;
    default:
      return compare(kind, value, text) === 0;
  }
}

/** Is there a word in the title that starts with the text, whatever its case and accents? */
export function isFound({ title = '' }: Row, text: string): boolean {
  const words = plainText(title ?? '').split(/[^a-z]+/);
  return words.some((word) => word.startsWith(plainText(text)));
}

const plainText = (text: string | number): string =>
  String(text)
    .normalize('NFKD')
    .toLowerCase()
    .replaceAll(/\p{Mn}/gu, '');

const unquoted = (text: string): string => (text === '""' ? '' : text);

const { compare: compareTexts } = new Intl.Collator('en');

function compare(kind: Kind, a: string | number, b: string | number): number {
  if (kind === 'number') return Number(a) - Number(b);
  if (kind === 'timestamp') return Date.parse(String(a)) - Date.parse(String(b));
  // Of texts that are equal in the order of all languages, the code points decide.
  const byLetters = kind === 'text' ? compareTexts(String(a), String(b)) : 0;
  return byLetters || Buffer.compare(Buffer.from(String(a)), Buffer.from(String(b)));
}

/** Nulls last in both directions; the id decides last, in the direction of the term before it. */
export function sorted(rows: readonly Row[], sort = '-created_at'): Row[] {
  const terms = sort.split(',');
  const tieBreak = terms.at(-1)?.startsWith('-') ? '-id' : 'id';
  return rows.toSorted((a, b) => [...terms, tieBreak].reduce((order, term) => order || byTerm(term, a, b), 0));
}

function byTerm(term: string, a: Row, b: Row): number {
  const name = term.replace('-', '');
  const [x, y] = [a[name] ?? null, b[name] ?? null];
  if (x === null || y === null) return Number(x === null) - Number(y === null);
  const order = compare(DOMAINS[name]?.kind ?? 'text', x, y);
  return term.startsWith('-') ? -order : order;
}

/** Few values, so that rows tie; among them what sorts differently by language, by UTF-16 and by code point. */
const DOMAINS: Record<string, { kind: Kind; values: readonly (string | number | null)[] }> = {
  created_at: { kind: 'timestamp', values: ['2024-01-14T23:59:59.999Z', '2024-01-15T00:00:00.000Z'] },
  status: { kind: 'choice', values: ['Open', 'Lost', 'Closed'] },
  title: { kind: 'text', values: [null, '', 'a', 'A', 'ä', 'Äb', 'B', '%a', '_', '\\', '～', '😀'] },
  sales_stage: { kind: 'text', values: ['a', 'B', 'a b'] },
  opportunity_amount: { kind: 'number', values: [-1, 0, 0.1, 0.3, 1e-9, 10] },
  annual_revenue: { kind: 'number', values: [null, -0.5, 2, 10] },
  first_response_time: { kind: 'number', values: [null, 0, 7] },
  expected_closing: { kind: 'date', values: [null, '2023-12-31', '2024-01-15'] },
};

/** What a client may ask of a list. */
export interface Question {
  filters: readonly Filter[];
  /** The beginning of a word of the title. */
  q: string | undefined;
  sort: string | undefined;
  limit: number;
  includeTotal: boolean;
}

/** Prints counterexamples without `__proto__: null` in every object. */
const plain = { noNullPrototype: true };

const row: fc.Arbitrary<Row> = fc.record(
  {
    id: fc.nat(9999).map((n) => `opportunity_${n}`),
    ...Object.fromEntries(Object.entries(DOMAINS).map(([name, { values }]) => [name, fc.constantFrom(...values)])),
  },
  plain,
);

export const rowsOf = (maxLength: number): fc.Arbitrary<Row[]> =>
  fc.uniqueArray(row, { maxLength, selector: ({ id }) => id, size: 'max' });

const filter: fc.Arbitrary<Filter> = fc.constantFrom(...Object.keys(DOMAINS)).chain((name) => {
  const { kind, values } = DOMAINS[name] as { kind: Kind; values: readonly (string | number | null)[] };
  const isNullable = values.includes(null);
  const text = fc.constantFrom(...values.filter((value) => value !== null).map(asText));
  const textFor = (operator: string): fc.Arbitrary<string> => {
    if (operator === 'is_null') return fc.constantFrom('true', 'false');
    if (operator !== 'in') return text;
    return fc.array(text, { minLength: 1, maxLength: 3 }).map((all) => all.map((each) => each || '""').join(','));
  };
  return fc
    .constantFrom(...FITTING[kind], ...(isNullable ? ['is_null'] : []))
    .chain((operator) => textFor(operator).map((each) => ({ name, kind, operator, text: each })));
});

/** A number in the query string has no exponent. */
export const asText = (value: string | number): string => (typeof value === 'number' ? value.toFixed(9) : value);

/** More often an attribute that may be null, as that is where an order is hard to walk. */
const sortable = fc.oneof(
  fc.constantFrom(...Object.keys(DOMAINS), 'id'),
  fc.constantFrom(...Object.keys(DOMAINS).filter((name) => DOMAINS[name]?.values.includes(null))),
);

const sort = fc
  .uniqueArray(fc.tuple(fc.constantFrom('', '-'), sortable), {
    minLength: 1,
    maxLength: 3,
    selector: ([, name]) => name,
  })
  .map((terms) => terms.map(([direction, name]) => direction + name).join(','));

export const question: fc.Arbitrary<Question> = fc.record(
  {
    filters: fc.oneof(
      fc.constant([]),
      fc.uniqueArray(filter, { maxLength: 2, selector: ({ name, operator }) => parameterOf(name, operator) }),
    ),
    q: fc.option(fc.constantFrom('a', 'Á', 'b'), { nil: undefined, freq: 2 }),
    sort: fc.option(sort, { nil: undefined, freq: 8 }),
    limit: fc.integer({ min: 1, max: 6 }),
    includeTotal: fc.boolean(),
  },
  plain,
);

/** The query string of a question, with more parameters of its own. */
export function queryOf(asked: Question, more: Record<string, string> = {}): string {
  const { filters, q, sort: by, limit, includeTotal } = asked;
  const query = new URLSearchParams();
  for (const { name, operator, text } of filters) query.set(parameterOf(name, operator), text);
  if (q !== undefined) query.set('q', q);
  if (by !== undefined) query.set('sort', by);
  query.set('limit', String(limit));
  if (!includeTotal) query.set('include_total', 'false');
  for (const [name, value] of Object.entries(more)) query.set(name, value);
  return `?${query.toString()}`;
}

/** Writes rows beside the service; all have the same attributes. */
export async function storeRows(database: TestDatabase, rows: readonly Row[], workspace = 'default'): Promise<void> {
  const whole = rows.map((each) => ({ ...minimal, ...each }));
  const names = Object.keys(whole[0] ?? minimal);
  await database.query(
    `insert into opportunity (workspace_id, ${names.join(', ')}) select w.id, ${names.map((name) => `r.${name}`).join(', ')}
     from workspace w, jsonb_populate_recordset(null::opportunity, $1) r where w.name = $2`,
    [JSON.stringify(whole), workspace],
  );
}
