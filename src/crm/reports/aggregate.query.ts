import {
  listedValues,
  ParameterReader,
  type ParameterErrors,
  type RawQuery,
  type SelfReadingQuery,
} from '../../common/index.js';
import { ApiPropertyOptional } from '@nestjs/swagger';
import { REPORT_FILTER_PARAMETERS } from '../opportunity/opportunity.dto.js';
import type { AggregateQuestion, AggregateSortTerm } from './aggregate.sql.js';
import { readDealFilter, type DealFilter } from './deal-filter.js';
import { MOST_GROUPINGS, readGroupings, type AskedGrouping } from './groupings.js';
import { FUNCTIONS, readMeasure, type Measure } from './measures.js';
import { QUANTITIES } from './quantities.js';
import { PERIODS } from './periods.js';
import { GROUPABLE } from './reportable.js';
import { readTimezone, TIMEZONE } from './timezone.js';

/** What a client wants to know of its deals, checked. */
export interface AggregateRequest extends Omit<AggregateQuestion, 'sharesBaseCurrency' | 'groupings'> {
  groupings: readonly AskedGrouping[];
  timezone: string;
  filter: DealFilter;
}

const MOST_MEASURES = 10;
const MOST_SORT_TERMS = 3;
const DEFAULT_LIMIT = 100;
const MAX_LIMIT = 1000;

const inCode = (names: readonly string[]): string => names.map((name) => `\`${name}\``).join(', ');

const GROUP_BY = `Up to ${MOST_GROUPINGS} attributes, separated by commas: ${GROUPABLE.map(({ name }) => name).join(', ')}. A date or
time takes a period after a dot: ${inCode(PERIODS.map((period) => `.${period}`))}. A date without a period is its day; a time needs a period.
Without \`group_by\`, the response has one row.`;

const MEASURES = `Up to ${MOST_MEASURES} measures, separated by commas: \`count\`, which every row has; a function, a dot and a number, such as
\`sum.base_opportunity_amount\`; or \`count_distinct.\` and an attribute, such as \`count_distinct.party_name\`. Functions:
${FUNCTIONS.join(', ')}. Numbers: ${QUANTITIES.map(({ name }) => name).join(', ')}.`;

const SORT = `Up to ${MOST_SORT_TERMS} of the keys and measures of the request, separated by commas; \`-\` before one means descending. Ties follow the
order of the keys. Rows without a value come last.`;

const PARAMETERS: Record<string, object> = {
  group_by: { type: String, description: GROUP_BY },
  measures: { type: String, default: 'count', description: MEASURES },
  timezone: TIMEZONE,
  fiscal_year_start: {
    type: String,
    pattern: '^(0[1-9]|1[0-2])$',
    default: '01',
    description: 'First month of a fiscal year. The name of a fiscal year is the year in which it ends.',
  },
  sort: { type: String, description: SORT },
  limit: {
    type: 'integer',
    minimum: 1,
    maximum: MAX_LIMIT,
    default: DEFAULT_LIMIT,
    description: 'Maximum number of rows to return.',
  },
  offset: { type: 'integer', minimum: 0, default: 0, description: 'Number of rows to skip.' },
  fill: {
    type: Boolean,
    default: false,
    description:
      '`true` adds the periods without deals between the first and the last. Needs exactly one date in `group_by`.',
  },
  ...REPORT_FILTER_PARAMETERS,
};

function readAggregate(raw: RawQuery): { value: AggregateRequest; errors: ParameterErrors } {
  const reader = new ParameterReader(raw);
  const month = reader.take('fiscal_year_start', readMonth)?.month ?? 1;
  const groupings = reader.take('group_by', (text) => readGroupings(text, month)) ?? [];
  const measures = reader.take('measures', readMeasures) ?? [];
  const sort = reader.take('sort', (text) => readSort(text, groupings, measures)) ?? [];
  const timezone = readTimezone(reader);
  const limit = reader.integer('limit', 1, MAX_LIMIT) ?? DEFAULT_LIMIT;
  const offset = reader.integer('offset', 0, Number.MAX_SAFE_INTEGER) ?? 0;
  const fill = reader.flag('fill') ?? false;
  if (fill && groupings.filter(({ period }) => period).length !== 1)
    reader.refuse('fill', 'needs exactly one date or time in group_by.');
  const filter = readDealFilter(reader, raw);
  return { value: { groupings, measures, sort, timezone, limit, offset, fill, filter }, errors: reader.errors };
}

function readMonth(text: string): { month: number } | string {
  return /^(0[1-9]|1[0-2])$/.test(text) ? { month: Number(text) } : 'must be a month from 01 to 12.';
}

function readMeasures(text: string): Measure[] | string {
  const names = listedValues(text);
  if (typeof names === 'string') return names;
  if (names.length > MOST_MEASURES) return `takes at most ${MOST_MEASURES} measures.`;
  const twice = names.find((name, at) => names.indexOf(name) < at);
  if (twice !== undefined) return `names '${twice}' twice.`;
  const measures: Measure[] = [];
  for (const name of names) {
    const measure = readMeasure(name);
    if (typeof measure === 'object' && 'problem' in measure) return measure.problem;
    if (measure !== 'count') measures.push(measure);
  }
  return measures;
}

function readSort(
  text: string,
  groupings: readonly AskedGrouping[],
  measures: readonly Measure[],
): AggregateSortTerm[] | string {
  const parts = listedValues(text);
  if (typeof parts === 'string') return parts;
  if (parts.length > MOST_SORT_TERMS) return `takes at most ${MOST_SORT_TERMS} keys and measures.`;
  const names = parts.map((part) => part.replace(/^-/, ''));
  const twice = names.find((name, at) => names.indexOf(name) < at);
  if (twice !== undefined) return `names '${twice}' twice.`;
  const known = [...groupings.map(({ name }) => name), 'count', ...measures.map(({ name }) => name)];
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) return `cannot sort by '${unknown}'; it takes ${known.join(', ')}.`;
  return parts.map((part, at) => ({
    ...placeOf(names[at] ?? '', groupings, measures),
    descending: part.startsWith('-'),
  }));
}

function placeOf(
  name: string,
  groupings: readonly AskedGrouping[],
  measures: readonly Measure[],
): Pick<AggregateSortTerm, 'by' | 'at'> {
  if (name === 'count') return { by: 'count', at: 0 };
  const at = groupings.findIndex((grouping) => grouping.name === name);
  return at >= 0 ? { by: 'key', at } : { by: 'measure', at: measures.findIndex((measure) => measure.name === name) };
}

/** The query of an aggregate: what to group by and to measure, and the filters of the list. */
// eslint-disable-next-line @typescript-eslint/no-extraneous-class -- the document reads its parameters from a class
class Query {
  static read(raw: RawQuery): ReturnType<typeof readAggregate> {
    return readAggregate(raw);
  }
}
for (const [name, schema] of Object.entries(PARAMETERS)) ApiPropertyOptional(schema)(Query.prototype, name);

export const AggregateQueryBase = Query as unknown as SelfReadingQuery<AggregateRequest>;
