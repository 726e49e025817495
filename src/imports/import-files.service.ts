import { HttpStatus, Inject, Injectable } from '@nestjs/common';
import { stringify } from 'csv-stringify/sync';
import type { FastifyRequest } from 'fastify';
import { Readable } from 'node:stream';
import { unsupported } from '../common/body/json-body.js';
import { ApiException, type Call } from '../common/index.js';
import { parseExact } from '../common/json/parse-exact.js';
import { stringifyExact } from '../common/json/exact-number.js';
import { CONFIG, type Config } from '../config/config.js';
import type { ImportView } from './import.view.js';
import type { StoredImport } from './import.entity.js';
import { ImportsService, requireNotExpired, statusInvalid } from './imports.service.js';
import { CsvRecords, MOST_ROW_BYTES, type Delimiter } from './readers/csv-records.js';
import type { RowError } from './readers/deal-row.js';
import { CHUNK_BYTES } from './stored-file.js';
import { forgetUpload, requireFileType, storeUpload } from './upload.js';

const PART = 500;

/** The rows of the check, in order, with what the run has made of them. */
const RESULTS = `select c.line, c.external_id, coalesce(r.opportunity_id, c.opportunity_id) as id,
    case when $5 then coalesce(r.outcome, 'unprocessed') else c.outcome end as outcome,
    coalesce(case when $5 then r.errors else c.errors end, '[]') as errors, r.reverted
  from import_row c left join import_row r on $5 and r.workspace_id = $1 and r.import_id = $2 and r.is_run and r.line = c.line
  where c.workspace_id = $1 and c.import_id = $2 and not c.is_run and c.line > $3 order by c.line limit $4`;

/**
 * The failed rows with their bytes, which may lie in several parts of the file; no more of them than one row may have bytes.
 * A row that has more comes without any, as null.
 */
const FAILED = `with next as (
    select *, sum(bytes) over (order by line) - bytes as before from (
      select line, errors, start, bytes from import_row
      where workspace_id = $1 and import_id = $2 and is_run = $5 and outcome = 'failed' and line > $3 order by line limit $4) r)
  select line, errors, case when bytes > ${MOST_ROW_BYTES} then null else
    (select substring(string_agg(c.bytes, ''::bytea order by c.number) from (start % ${CHUNK_BYTES})::integer + 1 for next.bytes)
      from import_chunk c where c.workspace_id = $1 and c.file_id = $6
        and c.number between start / ${CHUNK_BYTES} and (start + next.bytes - 1) / ${CHUNK_BYTES}) end as bytes
  from next where before = 0 or before + bytes <= ${MOST_ROW_BYTES} order by line`;

interface ResultRow {
  line: number;
}

interface FailedRow {
  line: number;
  errors: RowError[];
  /** Null for a row that has too many of them. */
  bytes: Buffer | null;
}

const LEFT_OUT = ' It is left out here.';

const EXTRA = ['_line', '_param', '_code', '_message'] as const;

/** The files that go into an import, and those that tell what became of its rows. */
@Injectable()
export class ImportFilesService {
  constructor(
    private readonly imports: ImportsService,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  async upload(call: Call, id: string, { body: stream, headers }: FastifyRequest): Promise<ImportView> {
    const { status, format } = await this.imports.find(call, id);
    if (status !== 'awaiting_upload') throw statusInvalid(status, 'it has its file');
    const type = { mediaType: headers['content-type'] ?? '', coding: headers['content-encoding'] };
    requireFileType(format, type);
    if (!(stream instanceof Readable)) throw unsupported('The file must be the body of the request.');
    const stored = await storeUpload(call, { stream, ...type }, this.config.IMPORT_LIMIT_BYTES);
    try {
      return await this.imports.uploaded(call, id, stored);
    } catch (error) {
      await forgetUpload(call, stored.fileId).catch(() => undefined);
      throw error;
    }
  }

  async results(call: Call, id: string): Promise<AsyncGenerator<string>> {
    const row = requireResults(await this.imports.find(call, id));
    return this.lines(call, row);
  }

  async errors(call: Call, id: string, form: 'csv' | 'ndjson'): Promise<AsyncGenerator<string>> {
    const row = requireResults(await this.imports.find(call, id));
    const isCsv = row.format.endsWith('csv');
    if (isCsv !== (form === 'csv')) throw otherForm(isCsv);
    return isCsv ? this.failedCells(call, row) : this.failedObjects(call, row);
  }

  private async *lines(call: Call, row: StoredImport): AsyncGenerator<string> {
    for (let last = 0; ;) {
      const found = await call.manager.query<ResultRow[]>(RESULTS, [call.workspaceId, row.id, last, PART, hasRun(row)]);
      if (found.length > 0) yield found.map((each) => `${JSON.stringify(each)}\n`).join('');
      if (found.length < PART) return;
      last = found.at(-1)?.line ?? last;
    }
  }

  private async *failed(call: Call, row: StoredImport): AsyncGenerator<FailedRow> {
    for (let last = 0; ;) {
      const parameters = [call.workspaceId, row.id, last, PART / 10, hasRun(row), row.file_id];
      const found = await call.manager.query<FailedRow[]>(FAILED, parameters);
      if (found.length === 0) return;
      yield* found;
      last = found.at(-1)?.line ?? last;
    }
  }

  private async *failedCells(call: Call, row: StoredImport): AsyncGenerator<string> {
    const { scan } = row;
    if (scan?.delimiter === undefined) return;
    const { delimiter, headers } = scan;
    // The report of a report has these columns once.
    const kept = headers.map((header, at) => (isExtra(header) ? -1 : at)).filter((at) => at >= 0);
    const write = (cells: string[]): string =>
      stringify([cells], { delimiter, record_delimiter: 'windows', quoted_match: /[\r\n]/ });
    yield write([...kept.map((at) => headers[at] ?? ''), ...EXTRA]);
    for await (const { line, errors, bytes } of this.failed(call, row)) {
      const said = { line, ...summaryOf(errors, bytes) };
      for (const [index, cells] of recordsOf(bytes, delimiter).entries()) {
        const own = [...kept.map((at) => cells[at] ?? ''), ...cells.slice(headers.length)];
        yield write([
          ...own,
          ...(index === 0 ? [String(said.line), said.param, said.code, said.message] : EXTRA.map(() => '')),
        ]);
      }
    }
  }

  private async *failedObjects(call: Call, row: StoredImport): AsyncGenerator<string> {
    for await (const { line, errors, bytes } of this.failed(call, row)) {
      const { param, code, message } = summaryOf(errors, bytes);
      const said = { _line: line, _param: param, _code: code, _message: message };
      yield bytes === null ? `${stringifyExact(said)}\n` : lineOf(bytes.toString(), said);
    }
  }
}

function hasRun({ started_at }: StoredImport): boolean {
  return started_at !== null;
}

/** Throws unless the results of the check, or of the run, are there. */
function requireResults(row: StoredImport): StoredImport {
  requireNotExpired(row);
  if (['awaiting_upload', 'checking', 'running', 'reverting'].includes(row.status))
    throw statusInvalid(row.status, 'the results are there once it has ended');
  return row;
}

function otherForm(isCsv: boolean): ApiException {
  const message = `The failed rows of this import are in errors.${isCsv ? 'csv' : 'ndjson'}.`;
  return new ApiException(HttpStatus.NOT_FOUND, { code: 'resource_missing', message });
}

function isExtra(header: string): boolean {
  return (EXTRA as readonly string[]).includes(header.trim().toLowerCase());
}

function summaryOf(
  errors: readonly RowError[],
  bytes: Buffer | null,
): { param: string; code: string; message: string } {
  const [first] = errors;
  const message = errors.map((error) => error.message).join(' ') + (bytes === null ? LEFT_OUT : '');
  return { param: first?.param ?? '', code: first?.code ?? '', message };
}

function recordsOf(bytes: Buffer | null, delimiter: Delimiter): string[][] {
  // Of a row that is too large only the problem is told.
  if (bytes === null) return [[]];
  const records = new CsvRecords(delimiter, { offset: 0, line: 1 });
  return [...records.push(bytes), ...records.finish()]
    .map(({ cells }) => cells)
    .filter((cells) => cells.some((cell) => cell.trim() !== ''));
}

/** The object of a line with the report, or with its text where it is no object, or nested too deeply to be written again. */
function lineOf(text: string, said: object): string {
  try {
    return `${stringifyExact({ ...objectOf(text), ...said })}\n`;
  } catch {
    return `${stringifyExact({ _raw: withoutLineEnd(text), ...said })}\n`;
  }
}

function objectOf(text: string): object {
  try {
    const value = parseExact(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  } catch {
    // Shown as it is.
  }
  return { _raw: withoutLineEnd(text) };
}

function withoutLineEnd(text: string): string {
  return text.replace(/\r?\n$/, '');
}
