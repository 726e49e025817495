import { Injectable } from '@nestjs/common';
import { type Call, ParameterErrors } from '../common/index.js';
import { stringifyExact } from '../common/json/exact-number.js';
import { OpportunityListQuery } from '../crm/opportunity/opportunity.dto.js';
import { OpportunityService } from '../crm/opportunity/opportunity.service.js';

/** Filters of the list alone: an attribute, or an attribute and an operator. */
const PAGING = [
  'limit',
  'offset',
  'sort',
  'q',
  'fields',
  'expand',
  'include_total',
  'starting_after',
  'ending_before',
  'filter',
];

type Filter = Readonly<Record<string, unknown>>;

/** The opportunities that events are about, as endpoints filter and embed them. */
@Injectable()
export class Subjects {
  constructor(private readonly opportunities: OpportunityService) {}

  /** Names the parameters of a filter that are wrong. */
  filterErrors(filter: Filter): ParameterErrors {
    const errors = new ParameterErrors();
    const texts = new Map<string, string>();
    for (const [name, value] of Object.entries(filter)) {
      const param = `filter.${name}`;
      if (typeof value !== 'string')
        errors.add(param, 'parameter_invalid', () => `${param} must be a string, as in a query.`);
      else if (PAGING.includes(name))
        errors.add(param, 'parameter_unknown', () => `${JSON.stringify(param)} is not a filter.`);
      else texts.set(name, value);
    }
    // An assignment to `__proto__` would lose it.
    const read = OpportunityListQuery.read(Object.fromEntries(texts));
    for (const { param, code, message } of read.errors.listed)
      errors.add(`filter.${param}`, code, () => message.replace(param, () => `filter.${param}`));
    return errors;
  }

  /** The SQL condition that there is an opportunity with the id `idSql` that does not pass. `place` takes in a value. */
  excludedSql(filter: Filter, idSql: string, place: (value: unknown) => string): string {
    const { conditions } = OpportunityListQuery.read(filter as Record<string, string>).value;
    const holds = conditions.map(({ sql, value }) => sql(place(value)));
    if (holds.length === 0) return 'false';
    const from = this.opportunities.rows.source.from(conditions.flatMap(({ computed = [] }) => computed));
    return `exists (select from ${from} where workspace_id = $1 and id = ${idSql} and (${holds.join(' and ')}) is not true)`;
  }

  /** The opportunity as a GET shows it now, as text; `null` if there is none. */
  async text(call: Call, id: string | null): Promise<string> {
    const row = id === null ? undefined : await this.opportunities.rows.find(call, id);
    return row === undefined ? 'null' : stringifyExact({ ...row, version: undefined });
  }
}
