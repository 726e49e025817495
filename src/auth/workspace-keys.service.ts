import { HttpStatus, Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { Call } from '../common/call/call.js';
import { ApiException, invalidParameter, resourceMissing } from '../common/errors/api.exception.js';
import { recordEvent } from '../common/events/event-sql.js';
import { newId } from '../common/ids/id.js';
import type { ListRequest } from '../common/list/list-request.js';
import type { ObjectRequest } from '../common/list/object-query.js';
import type { Page } from '../common/list/page.js';
import type { PageQuery } from '../common/list/page.query.js';
import { RowList } from '../common/list/row-list.js';
import { Rows } from '../common/rows/rows.js';
import { transact } from '../common/transactions/transact.js';
import { requireVersion, type ExpectedVersions, type Versioned } from '../common/versions/versions.js';
import { CONFIG, type Config } from '../config/config.js';
import type { EventView } from '../history/history.dto.js';
import { HistoryService } from '../history/history.service.js';
import type { ApiKeyWithSecret, CreateApiKey } from './api-key.dto.js';
import { ApiKey } from './api-key.entity.js';
import { generateKey, hashKey, hintOf, type Mode } from './api-key.format.js';
import { KeyMemo } from './key-memo.js';
import { rotateKey } from './rotate-key.js';

const RESOURCE = 'api-key';
const ADMINS = `select id from api_key where workspace_id = $1 and 'admin' = any(scopes) and revoked_at is null
  and (expires_at is null or expires_at > clock_timestamp()) order by id for update`;
const INSERT = `insert into api_key (workspace_id, id, hash, hint, name, scopes, rate_limit, expires_at)
  values ($1, $2, $3, $4, $5, $6, $7, $8)`;
const REVOKE = `update api_key set revoked_at = clock_timestamp(), version = version + 1
  where workspace_id = $1 and id = $2`;

/** Keys that are revoked are kept for the operator, and gone for everyone else. */
const NOT_REVOKED = 'revoked_at is null';

/** The keys of one workspace, as its administrators see and change them. */
@Injectable()
export class WorkspaceKeysService {
  private readonly rows: Rows<ApiKey>;
  private readonly rowList: RowList<ApiKey>;

  constructor(
    dataSource: DataSource,
    private readonly memo: KeyMemo,
    private readonly histories: HistoryService,
    @Inject(CONFIG) private readonly config: Config,
  ) {
    this.rows = new Rows(dataSource, ApiKey, RESOURCE, { visibleIf: NOT_REVOKED });
    this.rowList = new RowList(this.rows);
  }

  list(call: Call, request: ListRequest): Promise<Page<ApiKey>> {
    return this.rowList.page(call, request);
  }

  retrieve(call: Call, id: string, request: ObjectRequest): Promise<ApiKey> {
    return this.rowList.retrieve(call, id, request);
  }

  /** Every change of the key, newest first; also of one that was revoked. */
  history(call: Call, id: string, query: PageQuery): Promise<Page<EventView>> {
    return this.histories.list(call, this.rows, id, query);
  }

  /** Makes a key. A caller gives what it has: no key gets a higher limit than the one that makes it. */
  async create(
    call: Call,
    callerLimit: number | null,
    { name, scopes, rate_limit = null, expires_at = null }: CreateApiKey,
  ): Promise<ApiKeyWithSecret> {
    if (expires_at !== null && Date.parse(expires_at) <= Date.now())
      throw invalidParameter('expires_at', 'expires_at must be in the future.');
    this.requireWithinLimit(callerLimit, rate_limit);
    const id = newId(RESOURCE);
    const given = { name, scopes, rate_limit, expires_at };
    return transact(call, async (call) => {
      const secret = generateKey(await this.mode(call));
      const hashed = [hashKey(secret), hintOf(secret)];
      await call.manager.query(INSERT, [call.workspaceId, id, ...hashed, name, scopes, rate_limit, expires_at]);
      await recordEvent(call, { type: 'api_key.created', objectId: id, before: null, after: given });
      return { ...(await this.rows.get(call, id)), secret };
    });
  }

  /** Throws 409 for the last key that could make others: the workspace would be locked out. */
  async revoke(call: Call, id: string, expected: ExpectedVersions): Promise<void> {
    await transact(call, async (call) => {
      // Locked, so that two administrators cannot revoke each other.
      const admins = await call.manager.query<{ id: string }[]>(ADMINS, [call.workspaceId]);
      const { version, ...before } = await this.rows.get(call, id);
      requireVersion(version, expected);
      if (admins.length === 1 && admins[0]?.id === id) throw lastAdminKey();
      await call.manager.query(REVOKE, [call.workspaceId, id]);
      await recordEvent(call, { type: 'api_key.revoked', objectId: id, before, after: null });
    });
    this.memo.forget(id);
  }

  /** Makes a key like the given one, which goes on working for the overlap. */
  async rotate(call: Call, id: string, overlapMs: number, expected: ExpectedVersions): Promise<ApiKeyWithSecret> {
    const rotated = await transact(call, async (call) => {
      const { version } = await this.lock(call, id);
      requireVersion(version, expected);
      const mode = await this.mode(call);
      const successor = await rotateKey(call.manager, { workspaceId: call.workspaceId, id, mode }, overlapMs);
      const after = { successor: successor.id, overlap_seconds: overlapMs / 1000 };
      await recordEvent(call, { type: 'api_key.rotated', objectId: id, before: {}, after });
      const key = await this.rows.get(call, successor.id);
      const { name, scopes, rate_limit, expires_at } = key;
      const given = { name, scopes, rate_limit, expires_at };
      await recordEvent(call, { type: 'api_key.created', objectId: key.id, before: null, after: given });
      return { ...key, secret: successor.secret };
    });
    this.memo.forget(id);
    return rotated;
  }

  private async lock(call: Call, id: string): Promise<Versioned> {
    const text = `select version from api_key where workspace_id = $1 and id = $2 and ${NOT_REVOKED} for update`;
    const [row] = await call.manager.query<Versioned[]>(text, [call.workspaceId, id]);
    if (row === undefined) throw resourceMissing(RESOURCE, id);
    return row;
  }

  /** A workspace is a test or a live one, and so are all its keys. */
  private async mode(call: Call): Promise<Mode> {
    const [row] = await call.manager.query<{ mode: Mode }[]>('select mode from workspace where id = $1', [
      call.workspaceId,
    ]);
    if (row === undefined) throw resourceMissing('workspace', call.workspaceId);
    return row.mode;
  }

  private requireWithinLimit(callerLimit: number | null, wanted: number | null): void {
    const most = callerLimit ?? this.config.RATE_LIMIT_REQUESTS;
    const given = wanted ?? this.config.RATE_LIMIT_REQUESTS;
    if (most === 0 || (given !== 0 && given <= most)) return;
    throw invalidParameter('rate_limit', `rate_limit must be between 1 and ${most}, the limit of the key that asks.`);
  }
}

function lastAdminKey(): ApiException {
  return new ApiException(HttpStatus.CONFLICT, {
    code: 'last_admin_key',
    message: 'This is the only key of the workspace with the scope admin. Create another one first, or rotate it.',
  });
}
