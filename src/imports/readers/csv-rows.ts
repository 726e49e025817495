import type { ErrorCode } from '../../common/errors/error-codes.js';
import { LISTS, type List } from './attributes.js';
import { cellValue, isBlank, type CellRules } from './cells.js';
import { MOST_ROW_BYTES, type CsvRecord } from './csv-records.js';
import type { DealRow } from './deal-row.js';
import type { Column } from './header.js';

export interface CsvRowRules extends CellRules {
  children: 'keep' | 'replace';
}

/** Most lines of a row: more children than any deal can have. */
const MOST_LINES = 100_000;

/** Puts the lines of a CSV file together to deals: a line without cells of the deal goes with the one before it. */
export class CsvRows {
  private readonly columns: readonly { column: Column; at: number }[];
  private readonly lists: readonly List[];
  /** The lines of the deal that is not complete, and how many and how long they are. */
  private current: CsvRecord[] = [];
  private lines = 0;
  private bytes = 0;

  constructor(
    private readonly all: readonly Column[],
    private readonly rules: CsvRowRules,
    private readonly mostBytes = MOST_ROW_BYTES,
  ) {
    this.columns = all.map((column, at) => ({ column, at }));
    this.lists = LISTS.filter((list) => all.some(({ attribute }) => attribute?.list === list));
  }

  /** The deal that ends before the record, if one does. */
  push(record: CsvRecord): DealRow | undefined {
    // An empty line, or one of separators alone, as spreadsheets leave them.
    if (!record.isTooLong && record.cells.every(isBlank)) return undefined;
    if (this.current.length > 0 && this.continues(record)) {
      this.keep(record);
      return undefined;
    }
    const done = this.finish();
    this.keep(record);
    return done;
  }

  /** Of a deal that is too large only the ends are kept, which tell where it stands in the file and by which key. */
  private keep(record: CsvRecord): void {
    this.lines += 1;
    this.bytes += record.end - record.offset;
    const [first] = this.current;
    if (first === undefined || !this.isTooLarge) this.current.push(record);
    else this.current = [first, record];
  }

  private get isTooLarge(): boolean {
    return this.bytes > this.mostBytes || this.lines > MOST_LINES;
  }

  finish(): DealRow | undefined {
    const [first] = this.current;
    const last = this.current.at(-1);
    if (first === undefined || last === undefined) return undefined;
    const row: DealRow = {
      ...{ line: first.line, offset: first.offset, end: last.end, nextLine: last.nextLine },
      ...{ body: {}, errors: [], lines: {} },
    };
    this.fill(row, first);
    [this.current, this.lines, this.bytes] = [[], 0, 0];
    return row;
  }

  private continues({ cells, isTooLong }: CsvRecord): boolean {
    return !isTooLong && this.columns.every(({ column, at }) => !isOfDeal(column) || isBlank(cells[at]));
  }

  private fill(row: DealRow, first: CsvRecord): void {
    const long = this.current.find(({ cells }) => cells.length > this.all.length);
    if (first.isTooLong || this.bytes > this.mostBytes)
      refuse(row, row.line, 'body_too_large', `The row has more than ${MOST_ROW_BYTES / 1024 / 1024} MiB.`);
    else if (this.lines > MOST_LINES)
      refuse(row, row.line, 'body_too_large', `The row has more than ${MOST_LINES} lines.`);
    else if (long !== undefined)
      refuse(
        row,
        long.line,
        'row_invalid',
        `The line has ${long.cells.length} cells; the header has ${this.all.length}.`,
      );
    else if (this.continues(first))
      refuse(row, row.line, 'row_invalid', 'The line has children, but there is no deal before it.');
    else this.read(row, first);
    if (row.errors[0]?.param === '') this.readKeys(row, first);
  }

  /** The ids of a row that is refused: no later row of the file may have them, either. */
  private readKeys(row: DealRow, { cells }: CsvRecord): void {
    for (const { column, at } of this.columns) {
      const { attribute } = column;
      const cell = cells[at];
      if (cell === undefined || isBlank(cell) || (attribute?.name !== 'external_id' && attribute?.name !== 'id'))
        continue;
      const read = cellValue(cell, column, at, this.rules);
      if ('value' in read) row.body[attribute.key] = read.value;
    }
  }

  private read(row: DealRow, first: CsvRecord): void {
    this.readCells(row, first, undefined, row.body, '');
    for (const list of this.lists) {
      const entries: object[] = [];
      const lines: number[] = [];
      for (const record of this.current) {
        const entry = {};
        if (!this.readCells(row, record, list, entry, `${list}[${entries.length}].`)) continue;
        entries.push(entry);
        lines.push(record.line);
      }
      // Where lists are kept, one without entries says nothing.
      if (entries.length > 0 || this.rules.children === 'replace') row.body[list] = entries;
      row.lines[list] = lines;
    }
  }

  /** Takes the cells of the deal, or of one list, from a line. Answers whether there is any. */
  private readCells(
    row: DealRow,
    { cells, line }: CsvRecord,
    list: List | undefined,
    into: Record<string, unknown>,
    path: string,
  ): boolean {
    let hasAny = false;
    for (const { column, at } of this.columns) {
      const { attribute, computed } = column;
      const cell = cells[at];
      if (cell === undefined || isBlank(cell)) continue;
      if (computed !== undefined && (list === 'items') === computed.startsWith('items.')) {
        (row.computed ??= {})[path + computed.replace('items.', '')] = cell.trim();
        continue;
      }
      if (attribute === undefined || attribute.list !== list) continue;
      hasAny = true;
      const read = cellValue(cell, column, at, this.rules);
      const { key, mapKey } = attribute;
      if ('problem' in read) {
        const param = path + key + (mapKey === undefined ? '' : `.${mapKey}`);
        row.errors.push({ line, param, code: 'parameter_invalid', message: `${param} ${read.problem}` });
      } else if (mapKey === undefined) into[key] = withOwnKeys(read.value, into[key]);
      else into[key] = { ...(into[key] as object | undefined), [mapKey]: read.value };
    }
    return hasAny;
  }
}

/** Does the column say something of the deal itself? Whatever is ignored does not. */
function isOfDeal({ attribute }: Column): boolean {
  return attribute !== undefined && attribute.list === undefined;
}

/** A map may have a column, and some of its keys columns of their own, before it or behind it; these hold. */
function withOwnKeys(value: unknown, own: unknown): unknown {
  return typeof own === 'object' ? { ...(value as object | null), ...own } : value;
}

function refuse(row: DealRow, line: number, code: ErrorCode, message: string): void {
  row.errors.push({ line, param: '', code, message });
}
