import { stringify } from 'csv-stringify/sync';
import { ExactNumber } from '../../common/index.js';
import { CHILD_LISTS, durationOf, escapeFormula, WRITTEN_ERPNEXT_COLUMNS, type ChildList } from './columns.js';

type Row = Readonly<Record<string, unknown>>;

/** A column of the table: whose attribute it shows, and how. */
export interface TableColumn {
  header: string;
  /** The list of the child; undefined for the deal itself. */
  list: ChildList | undefined;
  name: string;
  isDuration?: boolean;
}

/** The column of an attribute, such as `title` or `items.qty`. */
export function columnOf(path: string, header = path): TableColumn {
  const list = CHILD_LISTS.find((each) => path.startsWith(`${each}.`));
  return { header, list, name: list === undefined ? path : path.slice(list.length + 1) };
}

export const ERPNEXT_TABLE: readonly TableColumn[] = WRITTEN_ERPNEXT_COLUMNS.map(
  ({ header, attribute, isDuration = false }) => ({ ...columnOf(attribute, header), isDuration }),
);

/** Writes deals as lines of a table: the i-th child of each list stands on the i-th line of its deal. */
export class TableWriter {
  private readonly lists: readonly ChildList[];

  constructor(
    private readonly columns: readonly TableColumn[],
    private readonly escapesFormulas: boolean,
  ) {
    this.lists = CHILD_LISTS.filter((list) => columns.some((column) => column.list === list));
  }

  get header(): string {
    return this.text([this.columns.map(({ header }) => header)]);
  }

  lines(deals: readonly object[]): string {
    return this.text(deals.flatMap((deal) => this.recordsOf(deal as Row)));
  }

  private recordsOf(deal: Row): string[][] {
    const children = new Map(this.lists.map((list) => [list, (deal[list] ?? []) as Row[]]));
    const height = Math.max(1, ...[...children.values()].map(({ length }) => length));
    return Array.from({ length: height }, (_line, at) =>
      this.columns.map((column) => {
        const row = column.list === undefined ? (at === 0 ? deal : undefined) : children.get(column.list)?.[at];
        return this.cell(row?.[column.name], column);
      }),
    );
  }

  private cell(value: unknown, { isDuration = false }: TableColumn): string {
    if (value === null || value === undefined) return '';
    if (typeof value === 'number') return isDuration ? durationOf(value) : plainNumber(value);
    if (value instanceof ExactNumber) return value.text;
    if (typeof value === 'object') return Object.keys(value).length === 0 ? '' : JSON.stringify(value);
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    return this.escapesFormulas ? escapeFormula(text) : text;
  }

  private text(records: string[][]): string {
    return stringify(records, {
      record_delimiter: 'windows',
      // Of line breaks it would quote only its own.
      quoted_match: /[\r\n]/,
      // An empty line is no record.
      quoted_empty: this.columns.length === 1,
    });
  }
}

/** Without an exponent: 1e-9 is no number of a table. */
function plainNumber(value: number): string {
  const text = String(value);
  return text.includes('e') ? value.toFixed(9).replace(/0+$/, '') : text;
}
