import type { StoredImport } from './import.entity.js';
import { CsvRecords, type CsvRecord, type Place } from './readers/csv-records.js';
import { CsvRows } from './readers/csv-rows.js';
import type { DealRow } from './readers/deal-row.js';
import { erpnextBody } from './readers/erpnext-json.js';
import { readHeader, type Column } from './readers/header.js';
import { JsonRows, ndjsonBody } from './readers/json-rows.js';
import { scanCsv, scanJson, type Scan } from './readers/scan.js';

/* The files of imports, whatever their format. */

/** Rows and children that one transaction writes, and the bytes that it is made of. */
const MOST_ROWS = 250;
const MOST_PARTS = 2000;
const MOST_BYTES = 1024 * 1024;

type Bytes = AsyncIterable<Buffer>;

/** Looks at a whole file. Throws a `FileFault` if it cannot be read. */
export function scanFile(bytes: Bytes, job: StoredImport): Promise<Scan> {
  const { format, mapping, delimiter, date_format } = job;
  if (format === 'csv' || format === 'erpnext_csv') return scanCsv(bytes, { format, mapping, delimiter, date_format });
  return scanJson(bytes);
}

/** The rows of a file from a place on, as many together as one transaction writes. */
export async function* chunksOf(bytes: Bytes, job: StoredImport, place: Place): AsyncGenerator<DealRow[]> {
  let rows: DealRow[] = [];
  let [parts, size] = [0, 0];
  for await (const found of rowsOf(bytes, job, place)) {
    for (const row of found) {
      const [more, bytes] = [1 + partsOf(row), row.end - row.offset];
      const isFull = rows.length >= MOST_ROWS || parts + more > MOST_PARTS || size + bytes > MOST_BYTES;
      if (isFull && rows.length > 0) {
        yield rows;
        [rows, parts, size] = [[], 0, 0];
      }
      rows.push(row);
      parts += more;
      size += bytes;
    }
  }
  if (rows.length > 0) yield rows;
}

function partsOf({ body }: DealRow): number {
  return Object.values(body).reduce<number>((sum, value) => sum + (Array.isArray(value) ? value.length : 0), 0);
}

async function* rowsOf(bytes: Bytes, job: StoredImport, place: Place): AsyncGenerator<DealRow[]> {
  const { format, timezone, scan } = job;
  if (scan === null) throw new Error('The file was not looked at.');
  if (scan.delimiter !== undefined) {
    const records = new CsvRecords(scan.delimiter, place);
    const rows = csvRowsOf(job, scan);
    for await (const part of bytes) yield dealsOf(rows, records.push(part));
    yield [...dealsOf(rows, records.finish()), ...[rows.finish() ?? []].flat()];
    return;
  }
  const rows = new JsonRows(place, format === 'ndjson' ? ndjsonBody(timezone) : erpnextBody(timezone));
  for await (const part of bytes) yield [...rows.push(part)];
  yield [...rows.finish()];
}

function dealsOf(rows: CsvRows, records: Iterable<CsvRecord>): DealRow[] {
  const deals: DealRow[] = [];
  for (const record of records) {
    const done = rows.push(record);
    if (done !== undefined) deals.push(done);
  }
  return deals;
}

/** How the columns of a file were understood. */
export function columnsOf(job: StoredImport, scan: Scan): Column[] {
  const format = job.format === 'erpnext_csv' ? 'erpnext_csv' : 'csv';
  return readHeader(scan.headers, scan.headerLine, { format, mapping: job.mapping }).columns;
}

function csvRowsOf(job: StoredImport, scan: Scan): CsvRows {
  return new CsvRows(columnsOf(job, scan), {
    format: job.format === 'erpnext_csv' ? 'erpnext_csv' : 'csv',
    decimal: job.decimal,
    timezone: job.timezone,
    dateFormats: scan.dateFormats.map((format) => format ?? undefined),
    children: job.children,
  });
}

/** The id that another system gave the deal of a row, where it has one. */
export function externalIdOf({ body }: DealRow): string | null {
  const { external_id } = body;
  return typeof external_id === 'string' ? external_id.slice(0, 140) : null;
}
