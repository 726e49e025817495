import { isBlank } from './cells.js';
import {
  BYTE_ORDER_MARK,
  CsvRecords,
  recogniseDelimiter,
  type CsvRecord,
  type Delimiter,
  type Place,
} from './csv-records.js';
import { FileFault } from './file-fault.js';
import { readHeader, type Column, type HeaderOptions, type Warning } from './header.js';
import { JsonRows } from './json-rows.js';
import { DateOrder, type DateFormat } from './values.js';

/** How a column of a file was understood, as the import shows it. */
export interface ColumnView {
  header: string;
  attribute: string | null;
  /** How many of its cells have a value. */
  filled: number;
  samples: string[];
}

/** What is known of a file once all of it was looked at, and what reading its rows needs. */
export interface Scan {
  /** Undefined for JSON. */
  delimiter?: Delimiter;
  headers: string[];
  headerLine: number;
  /** Where the rows begin. */
  body: Place;
  /** The form of the dates of each column. */
  dateFormats: (DateFormat | null)[];
  columns: ColumnView[];
  warnings: Warning[];
}

export interface ScanOptions extends HeaderOptions {
  delimiter: Delimiter | null;
  date_format: DateFormat | null;
}

const SAMPLES = 3;
const SAMPLE_LENGTH = 100;

type Bytes = AsyncIterable<Buffer>;

/** The place behind the mark of UTF-8, if a file begins with one. */
function startOf(first: Buffer): Place {
  const isMarked = first.subarray(0, BYTE_ORDER_MARK.length).equals(BYTE_ORDER_MARK);
  return { offset: isMarked ? BYTE_ORDER_MARK.length : 0, line: 1 };
}

function empty(): FileFault {
  return new FileFault('file_empty', 'The file is empty.', null);
}

/** Looks at all of a CSV file. Throws a `FileFault` if it cannot be read. */
export async function scanCsv(bytes: Bytes, options: ScanOptions): Promise<Scan> {
  let records: CsvRecords | undefined;
  let scan: CsvScan | undefined;
  let delimiter: Delimiter = ',';
  const see = (found: Iterable<CsvRecord>): void => {
    for (const record of found) {
      if (scan !== undefined) scan.see(record);
      else if (!record.cells.every(isBlank) || record.isTooLong) scan = new CsvScan(record, delimiter, options);
    }
  };
  for await (const part of bytes) {
    let rest = part;
    if (records === undefined) {
      const start = startOf(part);
      rest = part.subarray(start.offset);
      delimiter = options.delimiter ?? recogniseDelimiter(rest);
      records = new CsvRecords(delimiter, start);
    }
    see(records.push(rest));
  }
  if (records !== undefined) see(records.finish());
  if (scan === undefined) throw empty();
  return scan.result();
}

class CsvScan {
  private readonly columns: Column[];
  private readonly warnings: Warning[];
  private readonly orders: (DateOrder | undefined)[];
  private readonly filled: number[];
  private readonly samples: Set<string>[];

  constructor(
    private readonly header: CsvRecord,
    private readonly delimiter: Delimiter,
    private readonly options: ScanOptions,
  ) {
    const { columns, warnings } = readHeader(header.cells, header.line, options);
    this.columns = columns;
    this.warnings = warnings;
    this.orders = columns.map(({ attribute }) => (attribute?.kind === 'date' ? new DateOrder() : undefined));
    this.filled = columns.map(() => 0);
    this.samples = columns.map(() => new Set());
  }

  see({ cells }: CsvRecord): void {
    for (let at = 0; at < this.columns.length; at++) {
      const cell = cells[at];
      if (cell === undefined || isBlank(cell)) continue;
      this.filled[at] = (this.filled[at] ?? 0) + 1;
      const samples = this.samples[at];
      if (samples !== undefined && samples.size < SAMPLES) samples.add(shortened(cell));
      const text = cell.trim();
      if (text !== '\\N') this.orders[at]?.see(text);
    }
  }

  result(): Scan {
    const { header, columns } = this;
    return {
      delimiter: this.delimiter,
      headers: header.cells,
      headerLine: header.line,
      body: { offset: header.end, line: header.nextLine },
      dateFormats: columns.map((column, at) => this.dateFormatOf(column, at)),
      columns: columns.map(({ header, attribute }, at) => ({
        header,
        attribute: attribute?.name ?? null,
        filled: this.filled[at] ?? 0,
        samples: [...(this.samples[at] ?? [])],
      })),
      warnings: this.warnings,
    };
  }

  private dateFormatOf({ header }: Column, at: number): DateFormat | null {
    const order = this.orders[at];
    if (order === undefined) return null;
    const format = this.options.date_format ?? order.format;
    if (format !== undefined) return format;
    const message = `The dates of the column '${header}' can be read with the day or the month first; send date_format.`;
    throw new FileFault('date_ambiguous', message, this.header.line, header);
  }
}

function shortened(cell: string): string {
  const characters = Array.from(cell.slice(0, 2 * SAMPLE_LENGTH));
  return characters.length <= SAMPLE_LENGTH ? cell : `${characters.slice(0, SAMPLE_LENGTH).join('')}…`;
}

/** The same for a file of JSON lines. */
export async function scanJson(bytes: Bytes): Promise<Scan> {
  let rows: JsonRows | undefined;
  let body: Place = { offset: 0, line: 1 };
  let hasLine = false;
  for await (const part of bytes) {
    let rest = part;
    if (rows === undefined) {
      body = startOf(part);
      rest = part.subarray(body.offset);
      rows = new JsonRows(body, () => undefined);
    }
    for (const _row of rows.push(rest)) hasLine = true;
  }
  for (const _row of rows?.finish() ?? []) hasLine = true;
  if (!hasLine) throw empty();
  return { headers: [], headerLine: 0, body, dateFormats: [], columns: [], warnings: [] };
}
