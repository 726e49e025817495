import type { Placeholder } from '../../common/index.js';
import { reasonJoin, type Grouping } from './groupings.js';
import { needsDeals, type Measure } from './measures.js';

/** How a group is told from the others, and ordered. */
export interface AggregateQuestion {
  groupings: readonly Grouping[];
  measures: readonly Measure[];
  /** Places of groupings and measures, and the count. */
  sort: readonly AggregateSortTerm[];
  limit: number;
  offset: number;
  fill: boolean;
  /** Places of groupings: further rows, all of them, by fewer keys. Not where a deal is in several rows. */
  levels?: readonly (readonly number[])[];
  /** Do all companies have one currency, so that base amounts are added whatever their companies? */
  sharesBaseCurrency: boolean;
}

export interface AggregateSortTerm {
  by: 'key' | 'measure' | 'count';
  at: number;
  descending: boolean;
}

/** Where the deals come from, over the workspace as `$1`. */
export interface DealSource {
  from: string;
  where: string;
  /** Writes the conditions on a reason by which deals are filtered. */
  namedReasons: () => readonly string[];
  /** The moment of the answer. */
  asOf: string;
}

/** More rows than this are not filled up. */
export const MOST_FILLED_ROWS = 1000;

/** The moment of an answer, which is that of its transaction, as the API writes it: in milliseconds. */
export const AS_OF = `date_trunc('milliseconds', now())`;

/**
 * The statement of an aggregate: the rows of the page, with the place 0 the totals over all deals, and the rows of further
 * levels. Deals become cells of one group, currency and company; cells become rows of any level. So most deals are read once,
 * by as many processes as PostgreSQL has.
 */
export class AggregateStatement {
  private readonly isWhole: boolean;

  constructor(
    private readonly question: AggregateQuestion,
    private readonly deals: DealSource,
    private readonly placeholder: Placeholder,
  ) {
    this.isWhole = question.measures.some(needsDeals);
  }

  text(): string {
    const { groupings, levels = [] } = this.question;
    const reasons = reasonJoin(groupings, this.deals.namedReasons);
    // A deal with two reasons is in two rows, and once in the totals.
    const totalsApart = reasons !== '';
    const parts = [
      ...this.cells('row', groupings, reasons),
      ...(totalsApart ? this.cells('total', [], '') : []),
      ...this.rows(),
      ...this.level('row', 'page', 'row_keyed'),
      ...this.totals(totalsApart ? 'total' : 'row'),
      ...levels.flatMap((places, at) => this.further(`level${at + 1}`, places)),
    ];
    const selects = [
      this.select(0, 'row', 'page', [...groupings.keys()]),
      this.select(0, 'total', 'total_page', []),
      ...levels.map((places, at) => this.select(at + 1, `level${at + 1}`, `level${at + 1}_page`, places)),
    ];
    return `with ${parts.join(',\n')}
      ${selects.join('\n union all ')}
      order by level, place`;
  }

  /** The deals, and their cells. */
  private cells(prefix: string, groupings: readonly Grouping[], join: string): string[] {
    const { measures } = this.question;
    const columns = groupings.map((_, at) => `g${at}`);
    const ofDeals = groupings.map((grouping, at) => `${grouping.ofDeal} as g${at}`);
    const fixed = ['1::bigint as n', 'currency', 'company as written', 'opportunity_amount as amount'];
    const measured = measures.flatMap((measure, at) => measure.columns(at, this.deals.asOf));
    const deal = [...ofDeals, ...fixed, ...measured.map(({ name, ofDeal }) => `${ofDeal} as ${name}`)];
    const folded = measured.flatMap(({ name, fold }) => (fold === undefined ? [] : [`${fold}(${name}) as ${name}`]));
    const cell = [...columns, 'currency', 'written', 'sum(n)::bigint as n', 'sum(amount) as amount'];
    const { from, where } = this.deals;
    // What needs every deal reads them several times.
    const kept = this.isWhole ? 'materialized' : 'not materialized';
    const source = this.isWhole ? `${prefix}_deals` : `${prefix}_cells`;
    // Composed for each cell, of which there are fewer than deals.
    const named = [
      'composed_text(written) as company',
      ...groupings.map((each, at) => `${each.key(`g${at}`)} as k${at}`),
    ];
    return [
      `${prefix}_deals as ${kept} (select ${deal.join(', ')} from ${from}${join} where ${where})`,
      `${prefix}_cells as materialized (select ${[...cell, ...folded].join(', ')}
        from ${prefix}_deals group by ${[...columns, 'currency', 'written'].join(', ')})`,
      `${prefix}_money as not materialized (select *, ${named.join(', ')} from ${prefix}_cells)`,
      `${prefix}_keyed as not materialized (select *, ${named.join(', ')} from ${source})`,
    ];
  }

  /** All rows, with those that fill the gaps, and those of the page. */
  private rows(): string[] {
    const { limit, offset, fill } = this.question;
    const keys = this.keys;
    const grouped = keys.length === 0 ? '' : ` group by ${keys.join(', ')}`;
    const rows = `found as materialized (select ${[...keys, ...this.values()].join(', ')} from row_keyed${grouped})`;
    const source = fill ? 'filled' : 'found';
    const ordered = `select *, count(*) over () as total, row_number() over (${this.order}) as place from ${source}`;
    const bounds = `limit ${this.placeholder(limit)} offset ${this.placeholder(offset)}`;
    return [
      rows,
      ...(fill ? this.filling() : []),
      `page as materialized (select * from (${ordered}) ordered order by place ${bounds})`,
    ];
  }

  /** The values of a row: its count, its measures, and what they must not be added over. */
  private values(): string[] {
    const { measures, sharesBaseCurrency } = this.question;
    const companies = sharesBaseCurrency ? 'false' : `coalesce(min(company) <> max(company), false)`;
    return [
      'coalesce(sum(n), 0)::bigint as count',
      `${SEVERAL_CURRENCIES} as several_currencies`,
      `${companies} as several_companies`,
      ...measures.map((measure, at) => `${this.guarded(measure, at, companies)} as m${at}`),
    ];
  }

  private guarded(measure: Measure, at: number, severalCompanies: string): string {
    const value = measure.value(at);
    const { unit } = measure;
    if (unit === undefined) return value;
    return `case when ${unit === 'currency' ? SEVERAL_CURRENCIES : severalCompanies} then null else ${value} end`;
  }

  /** Every period between the first and the last, for each combination of the other keys. */
  private filling(): string[] {
    const { groupings, measures } = this.question;
    const at = groupings.findIndex(({ period }) => period);
    const key = `k${at}`;
    const others = this.keys.filter((each) => each !== key);
    const most = MOST_FILLED_ROWS + 1;
    const list = this.keys.map((each) => `${each === key ? 'p' : 'o'}.${each}`);
    const ifFound = (column: string, empty: string): string =>
      `case when f.count is null then ${empty} else f.${column} end as ${column}`;
    const values = [
      ifFound('count', '0'),
      ifFound('several_currencies', 'false'),
      ifFound('several_companies', 'false'),
      ...measures.map((measure, index) => ifFound(`m${index}`, measure.empty)),
    ];
    return [
      `periods as (select generate_series(min(${key})::timestamp, max(${key})::timestamp, ${groupings[at]?.period?.length ?? ''})::date as ${key}
        from found limit ${most})`,
      `others as (select ${others.length === 0 ? '' : `distinct ${others.join(', ')}`} from found limit ${others.length === 0 ? 1 : most})`,
      `filled as (select ${[...list, ...values].join(', ')}
        from others o cross join periods p left join found f on ${[sameKeys(others, 'f', 'o'), `f.${key} = p.${key}`].join(' and ')}
        union all select * from found where ${key} is null)`,
    ];
  }

  /** What the rows of a page have beside their values: the amounts by currency, and the measures of base amounts by company. */
  private level(prefix: string, page: string, keyed: string, keys = this.keys): string[] {
    const join = (source: string): string => `${page} p join ${source} s on ${sameKeys(keys, 'p', 's')}`;
    const company = this.byCompany();
    return [
      `${prefix}_currencies as (select place, json_agg(json_build_object('currency', currency, 'count', n, 'sum', amount)
          order by currency collate "C" nulls last) as list
        from (select p.place, s.currency, sum(s.n) as n, sum(s.amount) as amount from ${join(keyed.replace('keyed', 'money'))}
          group by p.place, s.currency) each group by place)`,
      ...(company === undefined
        ? []
        : [
            `${prefix}_companies as (select place, json_agg(entry order by company collate text_order) as list
        from (select p.place, s.company, ${company} as entry from ${join(keyed)} where p.several_companies
          group by p.place, s.company) each group by place)`,
          ]),
    ];
  }

  /** The entry of one company; undefined where base amounts are not asked for, or are of one currency. */
  private byCompany(): string | undefined {
    const { measures, sharesBaseCurrency } = this.question;
    const wanted = measures.flatMap((measure, at) =>
      measure.unit === 'base' ? [`'${measure.name}', ${measure.value(at)}`] : [],
    );
    if (sharesBaseCurrency || wanted.length === 0) return undefined;
    return `json_build_object(${["'company', s.company", "'count', sum(s.n)", ...wanted].join(', ')})`;
  }

  private totals(prefix: string): string[] {
    const page = `total_page as materialized (select ${this.values().join(', ')}, (select count(*) from ${this.question.fill ? 'filled' : 'found'}) as total,
      0 as place from ${prefix}_keyed)`;
    return [page, ...this.level('total', 'total_page', `${prefix}_keyed`, [])];
  }

  /** The rows by some of the keys. */
  private further(prefix: string, places: readonly number[]): string[] {
    const keys = places.map((at) => `k${at}`);
    const order = places.map((at) => this.keyOrder(at)).join(', ');
    const page = `${prefix}_page as materialized (select ${[...keys, ...this.values()].join(', ')}, count(*) over () as total,
      row_number() over (order by ${order}) as place from row_keyed group by ${keys.join(', ')})`;
    return [page, ...this.level(prefix, `${prefix}_page`, 'row_keyed', keys)];
  }

  private select(level: number, prefix: string, page: string, places: readonly number[]): string {
    const { measures } = this.question;
    const texts = this.question.groupings.flatMap((grouping, at) => {
      const [key, from, until] = places.includes(at) ? grouping.texts(`p.k${at}`) : ['null', 'null', 'null'];
      return [`${key} as key${at}`, `${from} as from${at}`, `${until} as until${at}`];
    });
    const hasCompanies = this.byCompany() !== undefined;
    const companies = `left join ${prefix}_companies b on b.place = p.place`;
    return `select ${level} as level, p.place, p.total, ${this.deals.asOf} as as_of, ${texts.map((text) => `${text}, `).join('')}p.count,
        p.several_currencies, p.several_companies, ${measures.map((_, at) => `p.m${at}, `).join('')}
        coalesce(c.list, '[]') as by_currency, ${hasCompanies ? 'b.list' : 'null::json'} as by_company
      from ${page} p left join ${prefix}_currencies c on c.place = p.place ${hasCompanies ? companies : ''}`;
  }

  private get keys(): string[] {
    return this.question.groupings.map((_, at) => `k${at}`);
  }

  /** The order of the rows: what was asked for, then by the keys. */
  private get order(): string {
    const { groupings, sort } = this.question;
    const asked = sort.map(({ by, at, descending }) => {
      if (by === 'key') return this.keyOrder(at, descending);
      return `${by === 'count' ? 'count' : `m${at}`} ${descending ? 'desc' : 'asc'} nulls last`;
    });
    const terms = [...asked, ...groupings.map((_, at) => this.keyOrder(at))];
    return terms.length === 0 ? '' : `order by ${terms.join(', ')}`;
  }

  private keyOrder(at: number, descending = false): string {
    const key = `k${at}`;
    return `${this.question.groupings[at]?.order(key) ?? key} ${descending ? 'desc' : 'asc'} nulls last`;
  }
}

/** No currency is one of its own. */
const SEVERAL_CURRENCIES = `coalesce(min(currency) <> max(currency), false) or count(currency) between 1 and count(*) - 1`;

/** Two rows have the same keys, null being a key; so that the join can be hashed. */
function sameKeys(keys: readonly string[], a: string, b: string): string {
  const same = keys.map(
    (key) =>
      `(${a}.${key} is null) = (${b}.${key} is null) and coalesce(${a}.${key}::text, '') = coalesce(${b}.${key}::text, '')`,
  );
  return same.length === 0 ? 'true' : same.join(' and ');
}
