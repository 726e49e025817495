import { Inject, Injectable } from '@nestjs/common';
import { invalidParameter, type Call } from '../../common/index.js';
import { CONFIG, type Config } from '../../config/config.js';
import { OpportunityService } from '../opportunity/opportunity.service.js';
import type { AggregateAnswer, AggregateRow } from './aggregate.dto.js';
import type { AggregateRequest } from './aggregate.query.js';
import { MOST_FILLED_ROWS } from './aggregate.sql.js';
import { dealSource } from './deal-filter.js';
import { readGroups, type KeyedGroup } from './deal-groups.js';
import { groupingOf, type Grouping } from './groupings.js';
import { keyParameters, rowFilter } from './row-filter.js';
import { placeholderOnce, readReport } from './run-report.js';

/** Groups deals, and measures the groups. */
@Injectable()
export class AggregateService {
  constructor(
    private readonly opportunities: OpportunityService,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  async aggregate(call: Call, request: AggregateRequest): Promise<AggregateAnswer> {
    const { BASE_CURRENCY = null } = this.config;
    const { filter, timezone, offset } = request;
    let groupings: Grouping[] = [];
    const { rows, totals, total, as_of } = await readReport(call, (call) =>
      readGroups(call, (placeholder) => {
        const zone = placeholderOnce(placeholder, timezone);
        groupings = request.groupings.map((asked) => groupingOf(asked, zone));
        const question = { ...request, groupings, sharesBaseCurrency: BASE_CURRENCY !== null };
        return { question, deals: dealSource(this.opportunities, filter, placeholder) };
      }),
    );
    if (request.fill && total > MOST_FILLED_ROWS) throw tooManyRows();
    const rowOf = ({ keys, group }: KeyedGroup): AggregateRow => ({
      keys: Object.fromEntries(groupings.map(({ name }, at) => [name, keys[at]?.key ?? null])),
      ...group,
      filter: rowFilter(filter.written, keyParameters(groupings, keys)),
    });
    return {
      data: rows.map(rowOf),
      has_more: offset + rows.length < total,
      total,
      totals,
      timezone,
      as_of,
      base_currency: BASE_CURRENCY,
    };
  }
}

function tooManyRows(): Error {
  const message = `fill would make more than ${MOST_FILLED_ROWS} rows; group by a longer period, or add a filter.`;
  return invalidParameter('fill', message);
}
