import { HttpStatus, Inject, Injectable } from '@nestjs/common';
import { newId } from '../common/ids/id.js';
import {
  ApiException,
  type Call,
  check,
  type Page,
  pageOf,
  ParameterErrors,
  pipeline,
  readTogether,
  resourceMissing,
  transact,
} from '../common/index.js';
import { stringifyExact } from '../common/json/exact-number.js';
import { CONFIG, type Config } from '../config/config.js';
import { CreateOpportunity } from '../crm/opportunity/opportunity.dto.js';
import type { CreateImport, ImportQuery } from './import.dto.js';
import { StoredImport, type ImportStatus } from './import.entity.js';
import type { ImportView } from './import.view.js';
import { isAttribute, isDealAttribute } from './readers/header.js';
import type { StoredUpload } from './upload.js';
import { ImportWorker } from './import-worker.js';

const MOST_UNENDED = 100;

const ENDED = `('succeeded', 'succeeded_with_errors', 'failed', 'cancelled', 'reverted')`;

/** Weak enough that rows which refer to the workspace can still be written. */
const LOCK_WORKSPACE = 'select name from workspace where id = $1 for no key update';
const COUNT = `select count(*)::int as n from import where workspace_id = $1 and status not in ${ENDED}`;

const INSERT = `insert into import (workspace_id, id, status, format, mode, match_by, on_error, children, mapping, defaults,
    delimiter, decimal, date_format, timezone)
  values ($1, $2, 'awaiting_upload', $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) returning *`;

const ONE = 'select * from import where workspace_id = $1 and id = $2';
const LIST = `from import where workspace_id = $1 and ($2::text is null or status = $2)`;

const UPLOADED = `update import set status = 'checking', file_id = $3, file_bytes = $4, file_sha256 = $5, progress = 0,
    key_id = $6, request_id = $7, due_at = now()
  where workspace_id = $1 and id = $2 returning *`;

const RUN = `update import set status = 'running', started_at = now(), place = null, progress = 0, key_id = $3, request_id = $4,
    created = 0, updated = 0, unchanged = 0, failed = 0, errors = '[]', due_at = now()
  where workspace_id = $1 and id = $2 returning *`;

const CANCEL = `update import set status = 'cancelled', finished_at = now(), expires_at = now() + $3 * interval '1 day',
    due_at = null, lease = null, leased_until = null
  where workspace_id = $1 and id = $2 returning *`;

const REVERT = `update import set status = 'reverting', revert = '{"deleted": 0, "kept": 0}', key_id = $3, request_id = $4,
    due_at = now(), finished_at = null, expires_at = null
  where workspace_id = $1 and id = $2 returning *`;

/** The imports of a workspace, as its clients see and start them. The work itself is the worker's. */
@Injectable()
export class ImportsService {
  constructor(
    private readonly worker: ImportWorker,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  async create(call: Call, body: CreateImport): Promise<ImportView> {
    requireFitting(body);
    const { format, mode = 'upsert', match_by = 'external_id', on_error = 'skip', children = 'keep' } = body;
    const { delimiter = null, decimal = null, date_format = null, timezone = 'UTC' } = body;
    const maps = [JSON.stringify(body.mapping ?? {}), stringifyExact(body.defaults ?? {})];
    const rules = [format, mode, match_by, on_error, children, ...maps, delimiter, decimal, date_format, timezone];
    return transact(call, async (call) => {
      await call.manager.query(LOCK_WORKSPACE, [call.workspaceId]);
      const [counted] = await call.manager.query<{ n: number }[]>(COUNT, [call.workspaceId]);
      if ((counted?.n ?? 0) >= MOST_UNENDED) throw tooMany();
      const [row] = await call.manager.query<StoredImport[]>(INSERT, [call.workspaceId, newId('import'), ...rules]);
      return viewOf(row as StoredImport);
    });
  }

  /** Newest first. */
  async list(call: Call, { limit = 20, offset = 0, status }: ImportQuery): Promise<Page<ImportView>> {
    const parameters = [call.workspaceId, status ?? null];
    const page = `select * ${LIST} order by created_at desc, id desc limit $3 offset $4`;
    return readTogether(call, async (call) => {
      const { found, counted } = await pipeline({
        found: call.manager.query<StoredImport[]>(page, [...parameters, limit, offset]),
        counted: call.manager.query<{ n: number }[]>(`select count(*)::int as n ${LIST}`, parameters),
      });
      return pageOf(found.map(viewOf), offset, counted[0]?.n ?? 0);
    });
  }

  async retrieve(call: Call, id: string): Promise<ImportView> {
    return viewOf(await this.find(call, id));
  }

  async find(call: Call, id: string, lock = ''): Promise<StoredImport> {
    const [row] = await call.manager.query<StoredImport[]>(`${ONE} ${lock}`, [call.workspaceId, id]);
    if (row === undefined) throw resourceMissing('import', id);
    return row;
  }

  /** Takes the file that was stored, and has it checked. Throws 409 if there is a file already. */
  async uploaded(outer: Call, id: string, { fileId, bytes, sha256 }: StoredUpload): Promise<ImportView> {
    const file = [fileId, bytes, sha256, outer.keyId, outer.requestId];
    return this.change(outer, id, ['awaiting_upload'], UPLOADED, file);
  }

  run(call: Call, id: string): Promise<ImportView> {
    return this.change(call, id, ['checked'], RUN, [call.keyId, call.requestId]);
  }

  cancel(call: Call, id: string): Promise<ImportView> {
    const fitting: ImportStatus[] = ['awaiting_upload', 'checking', 'checked', 'running'];
    return this.change(call, id, fitting, CANCEL, [this.config.IMPORT_RETENTION_DAYS]);
  }

  /** Of a run that has ended. */
  async revert(call: Call, id: string): Promise<ImportView> {
    const fitting: ImportStatus[] = ['succeeded', 'succeeded_with_errors', 'failed', 'cancelled'];
    return this.change(call, id, fitting, REVERT, [call.keyId, call.requestId], (row) => {
      requireNotExpired(row);
      if (row.started_at === null) throw statusInvalid(row.status, 'the import has not run');
    });
  }

  private async change(
    outer: Call,
    id: string,
    fitting: readonly ImportStatus[],
    text: string,
    parameters: readonly unknown[],
    require?: (row: StoredImport) => void,
  ): Promise<ImportView> {
    const row = await transact(outer, async (call) => {
      const current = await this.find(call, id, 'for update');
      if (!fitting.includes(current.status)) throw statusInvalid(current.status, `it must be ${fitting.join(', ')}`);
      require?.(current);
      const [rows] = await call.manager.query<[StoredImport[], number]>(text, [call.workspaceId, id, ...parameters]);
      return rows[0] as StoredImport;
    });
    this.worker.wake();
    return viewOf(row);
  }
}

/** Throws 400 for what does not fit the format, and for attributes that nobody knows. */
function requireFitting(body: CreateImport): void {
  const errors = new ParameterErrors();
  const { format, match_by, mapping = {}, defaults = {} } = body;
  if (!format.endsWith('csv')) {
    const isGiven = {
      mapping: Object.keys(mapping).length > 0,
      delimiter: body.delimiter,
      decimal: body.decimal,
      date_format: body.date_format,
    };
    for (const [name, value] of Object.entries(isGiven))
      if (value) errors.add(name, 'parameter_invalid', () => `${name} is only for CSV formats.`);
  }
  if (match_by === 'id' && format.startsWith('erpnext'))
    errors.add('match_by', 'parameter_invalid', () => 'match_by must be external_id for the formats of ERPNext.');
  for (const [header, attribute] of Object.entries(mapping)) checkMapping(errors, header, attribute);
  if (defaults['external_id'] !== undefined)
    errors.add(
      'defaults.external_id',
      'parameter_invalid',
      () => 'defaults.external_id must be left out: no two deals can have the same.',
    );
  for (const name of Object.keys(defaults)) {
    if (!isDealAttribute(name))
      errors.add(
        `defaults.${name}`,
        'parameter_unknown',
        () => `defaults.${name} is not an attribute of an opportunity.`,
      );
  }
  const known = Object.fromEntries(Object.entries(defaults).filter(([name]) => isDealAttribute(name)));
  const checked = check(CreateOpportunity, known, { path: 'defaults.', strict: true }).errors.exception;
  for (const { param, code, message } of checked?.fault.errors ?? [])
    if (code !== 'parameter_missing') errors.add(param, code, () => message);
  errors.refuse();
}

function checkMapping(errors: ParameterErrors, header: string, attribute: unknown): void {
  if (attribute === null || (typeof attribute === 'string' && isAttribute(attribute))) return;
  const param = `mapping.${header}`;
  errors.add(
    param,
    'parameter_invalid',
    () =>
      `${param} must name an attribute that can be written, such as title, items.qty or metadata.region, or be null.`,
  );
}

function tooMany(): ApiException {
  return new ApiException(HttpStatus.CONFLICT, {
    code: 'imports_limit_reached',
    message: `A workspace can have at most ${MOST_UNENDED} imports that have not ended. Run or cancel some of them first.`,
  });
}

export function statusInvalid(status: ImportStatus, reason: string): ApiException {
  return new ApiException(HttpStatus.CONFLICT, {
    code: 'import_status_invalid',
    message: `This is not possible while the status of the import is ${status}: ${reason}.`,
  });
}

/** Throws 410 once file and rows are gone. */
export function requireNotExpired({ is_expired, expires_at }: StoredImport): void {
  if (!is_expired && (expires_at === null || Date.parse(expires_at) > Date.now())) return;
  throw new ApiException(HttpStatus.GONE, {
    code: 'import_expired',
    message: 'The file and the rows of this import were deleted, as it ended more than IMPORT_RETENTION_DAYS days ago.',
  });
}

/** An import as the API shows it. Keys stand in the order of the document. */
export function viewOf(row: StoredImport): ImportView {
  const { id, status, format, mode, match_by, on_error, children, mapping, defaults } = row;
  const { delimiter, decimal, date_format, timezone, rows, created, updated, unchanged, failed } = row;
  const { progress, columns, warnings, errors, error, revert } = row;
  const { created_at, checked_at, started_at, finished_at, expires_at } = row;
  const unprocessed = rows - created - updated - unchanged - failed;
  return {
    ...{ id, status, format, mode, match_by, on_error, children, mapping, defaults },
    ...{ delimiter, decimal, date_format, timezone, file: fileOf(row) },
    ...{ rows, created, updated, unchanged, failed, unprocessed, progress, columns, warnings, errors, error, revert },
    ...{ created_at, checked_at, started_at, finished_at, expires_at },
  };
}

function fileOf({ file_bytes, file_sha256, scan }: StoredImport): ImportView['file'] {
  if (file_bytes === null || file_sha256 === null) return null;
  return { bytes: file_bytes, sha256: file_sha256, delimiter: scan?.delimiter ?? null };
}
