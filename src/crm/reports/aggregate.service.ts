import { Inject, Injectable } from '@nestjs/common';
import type { Call, Decimal } from '../../common/index.js';
import { invalidParameter } from '../../common/index.js';
import { CONFIG, type Config } from '../../config/config.js';
import { OpportunityService } from '../opportunity/opportunity.service.js';
import type { AggregateAnswer, AggregateGroup, AggregateRow, CurrencyAmount } from './aggregate.dto.js';
import type { AggregateRequest } from './aggregate.query.js';
import { AggregateStatement, MOST_FILLED_ROWS } from './aggregate.sql.js';
import { dealSource } from './deal-filter.js';
import { groupingOf } from './groupings.js';
import { placedOnce, runReport } from './run-report.js';
import { rowFilter, type GroupKey } from './row-filter.js';

/** A row as the statement answers it: besides the named columns `key0`, `from0`, `until0`, `m0` and so on. */
interface FoundRow extends Record<string, unknown> {
  place: number;
  total: number;
  as_of: string;
  count: number;
  several_currencies: boolean;
  several_companies: boolean;
  by_currency: CurrencyAmount[];
  by_company: AggregateGroup['by_company'] | null;
}

/** Groups deals, and measures the groups. */
@Injectable()
export class AggregateService {
  constructor(
    private readonly opportunities: OpportunityService,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  async aggregate(call: Call, request: AggregateRequest): Promise<AggregateAnswer> {
    const { BASE_CURRENCY = null } = this.config;
    const [totals, ...rows] = await runReport<FoundRow>(call, (place) => {
      const zone = placedOnce(place, request.timezone);
      const groupings = request.groupings.map((asked) => groupingOf(asked, zone));
      const question = { ...request, groupings, sharesBaseCurrency: BASE_CURRENCY !== null };
      return new AggregateStatement(question, dealSource(this.opportunities, request.filter, place), place).text();
    });
    if (totals === undefined) throw new Error('An aggregate always has totals.');
    const { total, as_of } = totals;
    if (request.fill && total > MOST_FILLED_ROWS)
      throw invalidParameter(
        'fill',
        `fill would make more than ${MOST_FILLED_ROWS} rows; use a longer period or a filter.`,
      );
    return {
      data: rows.map((row) => rowOf(row, request)),
      has_more: request.offset + rows.length < total,
      total,
      totals: groupOf(totals, request),
      timezone: request.timezone,
      as_of,
      base_currency: BASE_CURRENCY,
    };
  }
}

function rowOf(row: FoundRow, request: AggregateRequest): AggregateRow {
  const { groupings, filter } = request;
  const keys = groupings.map((_, at) => ({
    key: row[`key${at}`],
    from: row[`from${at}`],
    until: row[`until${at}`],
  })) as GroupKey[];
  const named = groupings.map(({ name }, at) => [name, keys[at]?.key ?? null] as const);
  return {
    keys: Object.fromEntries(named),
    ...groupOf(row, request),
    filter: rowFilter(filter.written, groupings, keys),
  };
}

function groupOf(row: FoundRow, { measures }: AggregateRequest): AggregateGroup {
  const hasUnit = (unit: 'currency' | 'base'): boolean => measures.some(({ unit: own }) => own === unit);
  const values = measures.map(({ name }, at) => [name, row[`m${at}`]] as [string, Decimal | null]);
  return {
    count: row.count,
    ...(Object.fromEntries(values) as object),
    ...(row.several_currencies && hasUnit('currency') && { currency_reason: 'several_currencies' as const }),
    ...(row.several_companies && hasUnit('base') && { base_reason: 'several_companies' as const }),
    ...(row.several_companies && hasUnit('base') && row.by_company && { by_company: row.by_company }),
    by_currency: row.by_currency,
  };
}
