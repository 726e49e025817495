import { readFilters, type Filter, type ParameterReader, type Placeholder, type RawQuery } from '../../common/index.js';
import { OPPORTUNITY_FILTERS } from '../opportunity/opportunity.dto.js';
import type { OpportunityService } from '../opportunity/opportunity.service.js';
import { AS_OF, type DealSource } from './aggregate.sql.js';
import { ATTRIBUTES, COMPUTED } from './reportable.js';
import type { FilterParameters } from './row-filter.js';

/** Which deals a report is about: the filters of the list, checked, and as the request wrote them. */
export interface DealFilter extends Filter {
  written: FilterParameters;
}

/** Reads what nobody has taken out of the query yet, as the filters of the list, and refuses the rest. */
export function readDealFilter(reader: ParameterReader, raw: RawQuery): DealFilter {
  const written = reader.rest().map((name) => [name, [raw[name] ?? ''].flat().join(',')] as const);
  const filter = readFilters(reader, ATTRIBUTES, OPPORTUNITY_FILTERS);
  reader.refuseRest();
  return { ...filter, written: normalised(written).filter(([name, text]) => name !== 'q' || text.trim() !== '') };
}

/** A list that was given several times, also as `name[in][]`, is one parameter. */
function normalised(written: FilterParameters): FilterParameters {
  const parameters = new Map<string, string>();
  for (const [name, text] of written) {
    const plain = name.replace(/\[in\]\[\]$/, '[in]');
    const known = parameters.get(plain);
    parameters.set(plain, known === undefined ? text : `${known},${text}`);
  }
  return [...parameters];
}

/** Where the deals that match come from; `base` is another place to take them from than their table. */
export function dealSource(
  opportunities: OpportunityService,
  filter: Filter,
  placeholder: Placeholder,
  base?: string,
): DealSource {
  const namedReasons = (): string[] =>
    filter.conditions.flatMap(({ ofChild, value }) => (ofChild === undefined ? [] : [ofChild(placeholder(value))]));
  // All computed attributes: PostgreSQL computes and joins only what the statement uses.
  return {
    from: opportunities.rows.source.from(COMPUTED, base),
    where: opportunities.matching(filter, placeholder),
    namedReasons,
    asOf: AS_OF,
  };
}
