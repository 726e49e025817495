import type { Call, Placeholder } from '../../common/index.js';
import type { OpportunityService } from '../opportunity/opportunity.service.js';
import { AS_OF, type AggregateSortTerm } from './aggregate.sql.js';
import { dealSource, type DealFilter } from './deal-filter.js';
import { readGroups, type DealGroups } from './deal-groups.js';
import { periodGrouping, type Grouping } from './groupings.js';
import type { Measure } from './measures.js';
import { type AskedMoments, type Moments } from './moments.js';
import { dayOf, midnightOf, momentText, periodOf } from './periods.js';
import { rowFilter, type FilterParameters } from './row-filter.js';
import { placeholderOnce, runReport } from './run-report.js';

/** What a client wants to know, checked. */
export interface ReportRequest extends AskedMoments {
  timezone: string;
  filter: DealFilter;
  /** Of a report about one pipeline. */
  pipelineId?: string | undefined;
  /** By what the months of win rates are those of. */
  cohort?: 'created' | 'ended' | undefined;
  /** By what sales cycles are told apart. */
  groupBy?: 'opportunity_owner' | 'opportunity_type' | undefined;
}

/** One question about groups of deals. All texts are SQL. */
export interface GroupQuestion {
  groupings: readonly Grouping[];
  measures: readonly Measure[];
  /** Conditions beside the filters of the request. */
  where?: readonly string[];
  sort?: readonly AggregateSortTerm[];
  /** Further rows by fewer keys: the places of their groupings. */
  levels?: readonly (readonly number[])[];
  /** Where the deals come from; their table unless given. */
  base?: string;
  /** The moment up to which times count; the present unless given. */
  asOf?: string;
  /** Is `base` the outcome of a filter, to which those of the request do not apply again? */
  isFiltered?: true;
}

/** Gives values their places in a statement. */
export interface Places {
  placeholder: Placeholder;
  /** The time zone. */
  zone: () => string;
}

/** Reports have all their rows in one answer. */
const ALL_ROWS = 1_000_000;

/** One report for one request: its statements see one moment. */
export class ReportRun {
  constructor(
    readonly call: Call,
    readonly request: ReportRequest,
    readonly moments: Moments,
    private readonly opportunities: OpportunityService,
    private readonly sharesBaseCurrency: boolean,
  ) {}

  /** Groups the deals that match the request, and measures the groups. */
  groups(ask: (places: Places) => GroupQuestion): Promise<DealGroups> {
    return readGroups(this.call, (placeholder) => {
      const asked = ask({ placeholder, zone: placeholderOnce(placeholder, this.request.timezone) });
      const { sharesBaseCurrency } = this;
      const { groupings, measures, sort = [], levels = [], where = [], asOf } = asked;
      const source = asked.isFiltered
        ? { from: `${asked.base} opportunity`, where: 'true', namedReasons: () => [], asOf: AS_OF }
        : dealSource(this.opportunities, this.request.filter, placeholder, asked.base);
      const question = {
        groupings,
        measures,
        sort,
        levels,
        limit: ALL_ROWS,
        offset: 0,
        fill: false,
        sharesBaseCurrency,
      };
      const condition = [source.where, ...where].join(' and ');
      return { question, deals: { ...source, where: condition, ...(asOf !== undefined && { asOf }) } };
    });
  }

  /** For statements of their own. */
  query<Row>(write: (places: Places) => string): Promise<Row[]> {
    return runReport<Row>(this.call, (placeholder) =>
      write({ placeholder, zone: placeholderOnce(placeholder, this.request.timezone) }),
    );
  }

  /** The deals that match, for a `from`, with the condition that they do. */
  deals({ placeholder }: Places, base?: string): { from: string; where: string } {
    return dealSource(this.opportunities, this.request.filter, placeholder, base);
  }

  /** The conditions that a time is in the window of the request. */
  inWindow(column: string, { placeholder }: Places): string[] {
    const { from, to } = this.moments;
    return [
      ...(from === null ? [] : [`${column} >= ${placeholder(from)}::timestamptz`]),
      ...(to === null ? [] : [`${column} < ${placeholder(to)}::timestamptz`]),
    ];
  }

  /** A grouping of times by the month of the time zone. */
  months(column: string, { zone }: Places): Grouping {
    const bound = (day: string): string => momentText(midnightOf(day, zone()));
    return periodGrouping('month', dayOf(column, zone()), periodOf('month', 1), bound);
  }

  /** The query of the list that finds the deals of a row. */
  filter(ofRow: FilterParameters): string | null {
    return rowFilter(this.request.filter.written, ofRow);
  }
}
