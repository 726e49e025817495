import { Inject, Injectable } from '@nestjs/common';
import { type Call, transact } from '../common/index.js';
import { CONFIG, type Config } from '../config/config.js';
import { DealWriter, type RowResult } from './deal-writer.js';
import { differingAmounts } from './differing-amounts.js';
import { givenExternalId } from './given-external-ids.js';
import { ImportJob } from './import-jobs.js';
import { chunksOf, externalIdOf, scanFile } from './import-rows.js';
import type { StoredImport, ShownError } from './import.entity.js';
import { keyOf } from './row-plan.js';
import type { DealRow } from './readers/deal-row.js';
import type { Warning } from './readers/header.js';
import { storableJson, storableText } from './storable.js';
import { storedBytes } from './stored-file.js';

const MOST_SHOWN = 100;

/** What a look at the whole file is of the check. */
const SCAN_SHARE = 0.1;

const ADD_ROWS = `insert into import_row (workspace_id, import_id, is_run, line, key, external_id, opportunity_id, version,
    outcome, errors, given_external_id, start, bytes)
  select $1, $2, $3, r.line, r.key, r.external_id, r.opportunity_id, r.version, r.outcome, r.errors, r.given_external_id,
    r.start, r.bytes
  from jsonb_to_recordset($4::jsonb) as r (line integer, key text, external_id text, opportunity_id text, version integer,
    outcome text, errors jsonb, given_external_id text, start bigint, bytes integer)`;

const FORGET_CHECK = 'delete from import_row where workspace_id = $1 and import_id = $2';

/** What the events of a transaction say of where they come from. */
const OF_IMPORT = "select set_config('crm.import_id', $1, true)";

/** Undoes a transaction whose outcome is known. */
class RolledBack<T> extends Error {
  constructor(readonly outcome: T) {
    super('This transaction was to be undone.');
  }
}

/** What the check of some rows has found. */
interface Checked {
  results: RowResult[];
  differing: Warning[];
}

/** The check of a file and its run: the same work, which the check undoes. A transaction takes some hundred rows. */
@Injectable()
export class ImportWork {
  constructor(
    private readonly writer: DealWriter,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  async check(job: ImportJob, goOn: () => Promise<void>): Promise<void> {
    const { call } = job;
    if (job.row.scan === null) {
      const scan = await scanFile(storedBytes(call, job.row.file_id ?? ''), job.row);
      // What an earlier attempt may have left.
      await call.manager.query(FORGET_CHECK, [call.workspaceId, job.row.id]);
      const { columns, warnings, body } = scan;
      job.row = await job.record(call.manager, {
        ...{ scan: { ...scan, columns: [], warnings: [] }, columns, warnings: warnings.slice(0, MOST_SHOWN) },
        ...{ place: body, progress: SCAN_SHARE },
      });
    }
    await this.eachChunk(job, goOn, async (rows) => {
      const { results, differing } = isStopped(job.row) ? unprocessed(rows) : await this.undone(job, rows);
      job.row = await transact(job.call, (call) => this.note(call, job, results, differing));
      return true;
    });
    job.row = await job.end(job.call.manager, { status: 'checked', progress: 1, checked_at: new Date().toISOString() });
  }

  async run(job: ImportJob, goOn: () => Promise<void>): Promise<void> {
    await this.eachChunk(job, goOn, async (rows) => {
      job.row = await transact(job.call, async (call) => {
        await call.manager.query(OF_IMPORT, [job.row.id]);
        return this.note(call, job, await this.writer.write(call, job.row, rows));
      });
      return !isStopped(job.row);
    });
    const days = this.config.IMPORT_RETENTION_DAYS;
    const { failed, errors } = job.row;
    const [first] = errors;
    if (isStopped(job.row) && first !== undefined) {
      const { code, message, line, param } = first;
      job.row = await job.fail(job.call.manager, { code, message, line, param }, days);
      return;
    }
    const status = failed > 0 ? 'succeeded_with_errors' : 'succeeded';
    job.row = await job.end(job.call.manager, { status, progress: 1 }, days);
  }

  private async eachChunk(
    job: ImportJob,
    goOn: () => Promise<void>,
    work: (rows: DealRow[]) => Promise<boolean>,
  ): Promise<void> {
    const { row } = job;
    const place = row.place ?? row.scan?.body ?? { offset: 0, line: 1 };
    const bytes = storedBytes(job.call, row.file_id ?? '', place.offset);
    for await (const rows of chunksOf(bytes, row, place)) {
      await goOn();
      if (!(await work(rows))) return;
    }
  }

  /** What the rows would do: the run of them, in a transaction that is rolled back. */
  private async undone(job: ImportJob, rows: DealRow[]): Promise<Checked> {
    try {
      await transact(job.call, async (call) => {
        await call.manager.query(OF_IMPORT, [job.row.id]);
        const results = await this.writer.write(call, job.row, rows);
        const isFull = job.row.warnings.length >= MOST_SHOWN;
        const differing = isFull ? [] : await differingAmounts(call, job.row, results);
        // What the end of the run's transaction would find.
        await call.manager.query('set constraints all immediate');
        throw new RolledBack<Checked>({ results, differing });
      });
    } catch (error) {
      if (error instanceof RolledBack) return error.outcome as Checked;
      throw error;
    }
    throw new Error('The check was not undone.');
  }

  /** Records the rows, and that they are done; in the check with its warnings. */
  private async note(
    call: Call,
    job: ImportJob,
    results: readonly RowResult[],
    warnings?: readonly Warning[],
  ): Promise<StoredImport> {
    const { row } = job;
    const isRun = warnings === undefined;
    const rows = results.map((result) => storedRow(result, row, isRun));
    await call.manager.query(ADD_ROWS, [call.workspaceId, row.id, isRun, storableJson(rows)]);
    return job.record(call.manager, progressOf(row, results, warnings));
  }
}

/** Has a row failed in the mode that stops there? */
function isStopped({ on_error, failed }: StoredImport): boolean {
  return on_error === 'stop' && failed > 0;
}

function unprocessed(rows: readonly DealRow[]): Checked {
  return { results: rows.map((row) => ({ row, outcome: 'unprocessed' })), differing: [] };
}

function storedRow({ row, outcome, deal }: RowResult, job: StoredImport, isRun: boolean): object {
  const { line, offset, end } = row;
  const external = externalIdOf(row);
  return {
    line,
    key: isRun ? null : (keyOf(row, job) ?? null),
    external_id: external && storableText(external),
    // What the check has made is gone.
    opportunity_id: deal === undefined || (!isRun && outcome === 'created') ? null : deal.id,
    version: deal?.version ?? null,
    outcome,
    errors: outcome === 'failed' ? row.errors : null,
    given_external_id: deal === undefined ? null : givenExternalId(row, job),
    start: offset,
    bytes: end - offset,
  };
}

function progressOf(
  job: StoredImport,
  results: readonly RowResult[],
  differing: readonly Warning[] | undefined,
): Partial<StoredImport> {
  const isRun = differing === undefined;
  const counted = (wanted: string): number => results.filter(({ outcome }) => outcome === wanted).length;
  const last = results.at(-1)?.row;
  const place = last === undefined ? job.place : { offset: last.end, line: last.nextLine };
  const done = job.file_bytes === null || job.file_bytes === 0 ? 1 : (place?.offset ?? 0) / job.file_bytes;
  const errors = shownErrors(job.errors, results);
  const warnings = shownWarnings(job.warnings, results, differing ?? []);
  return {
    ...(isRun ? {} : { rows: job.rows + results.length }),
    created: job.created + counted('created'),
    updated: job.updated + counted('updated'),
    unchanged: job.unchanged + counted('unchanged'),
    failed: job.failed + counted('failed'),
    place,
    progress: isRun ? done : SCAN_SHARE + done * (1 - SCAN_SHARE),
    ...(errors !== job.errors && { errors }),
    ...(!isRun && warnings !== job.warnings && { warnings }),
  };
}

function shownErrors(shown: ShownError[], results: readonly RowResult[]): ShownError[] {
  const failed = results.filter(({ outcome }) => outcome === 'failed');
  if (failed.length === 0 || shown.length >= MOST_SHOWN) return shown;
  const added = failed.flatMap(({ row }) => row.errors.map((error) => ({ ...error, external_id: externalIdOf(row) })));
  return [...shown, ...added].slice(0, MOST_SHOWN);
}

/** Names and amounts are as long as whoever wrote the file likes; every part of the work writes the warnings anew. */
const SHOWN_CHARACTERS = 200;

const cut = (text: string): string =>
  text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS).toWellFormed()}…` : text;

/** One for each key of ERPNext's documents that nothing is taken from, and those about amounts. */
function shownWarnings(shown: Warning[], results: readonly RowResult[], differing: readonly Warning[]): Warning[] {
  const known = new Set(shown.map(({ param }) => param));
  const added = differing.map((each): Warning => ({ ...each, message: cut(each.message) }));
  for (const { row } of results)
    for (const name of row.ignored ?? []) {
      const param = cut(name);
      if (known.has(param)) continue;
      known.add(param);
      added.push({ line: row.line, param, code: 'column_ignored', message: `The key '${param}' is ignored.` });
    }
  return added.length === 0 || shown.length >= MOST_SHOWN ? shown : [...shown, ...added].slice(0, MOST_SHOWN);
}
