import { HttpStatus, Inject, Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { ApiException, invalidParameter, resourceMissing } from '../common/errors/api.exception.js';
import type { WriteAuthor } from '../common/events/author.js';
import { recordEvent } from '../common/events/event-sql.js';
import { newId } from '../common/ids/id.js';
import type { ListRequest } from '../common/list/list-request.js';
import type { ObjectRequest } from '../common/list/object-query.js';
import type { Page } from '../common/list/page.js';
import { RowList } from '../common/list/row-list.js';
import { Rows } from '../common/rows/rows.js';
import { transact } from '../common/transactions/transact.js';
import { requireVersion, type ExpectedVersions } from '../common/versions/versions.js';
import { CONFIG, type Config } from '../config/config.js';
import type { ApiKeyWithSecret, CreateApiKey } from './api-key.dto.js';
import { ApiKey } from './api-key.entity.js';
import { generateKey, hashKey, hintOf, type Mode } from './api-key.format.js';
import { rotateKey } from './rotate-key.js';
import { VerifiedKeyCache } from './verified-key-cache.js';

const RESOURCE = 'api-key';
const ADMINS = `select id from api_key where workspace_id = $1 and 'admin' = any(scopes) and revoked_at is null
  and (expires_at is null or expires_at > clock_timestamp()) order by id for update`;
const INSERT = `insert into api_key (workspace_id, id, hash, hint, name, scopes, rate_limit, expires_at)
  values ($1, $2, $3, $4, $5, $6, $7, $8)`;
const REVOKE = `update api_key set revoked_at = clock_timestamp(), version = version + 1
  where workspace_id = $1 and id = $2`;

/** Only keys that are not revoked: those are kept for the operator, and gone for everyone else. */
const NOT_REVOKED = { sql: (place: string) => `(revoked_at is null) = ${place}::boolean`, value: true };

/** The keys of one workspace, as its administrators see and change them. */
@Injectable()
export class WorkspaceKeysService {
  private readonly rows: Rows<ApiKey>;
  private readonly rowList: RowList<ApiKey>;

  constructor(
    private readonly dataSource: DataSource,
    private readonly cache: VerifiedKeyCache,
    @Inject(CONFIG) private readonly config: Config,
  ) {
    this.rows = new Rows(dataSource, ApiKey, RESOURCE);
    this.rowList = new RowList(this.rows);
  }

  list(workspaceId: string, request: ListRequest, manager = this.dataSource.manager): Promise<Page<ApiKey>> {
    const conditions = [...request.conditions, NOT_REVOKED];
    return this.rowList.page(manager, workspaceId, { ...request, conditions });
  }

  retrieve(
    workspaceId: string,
    id: string,
    { fields }: ObjectRequest,
    manager = this.dataSource.manager,
  ): Promise<ApiKey> {
    const names = fields && [...new Set(['id', ...fields, 'version'])];
    return this.get(manager, workspaceId, id, names);
  }

  /** Makes a key. A caller gives what it has: no key gets a higher limit than the one that makes it. */
  async create(
    author: WriteAuthor,
    callerLimit: number | null,
    { name, scopes, rate_limit = null, expires_at = null }: CreateApiKey,
    manager = this.dataSource.manager,
  ): Promise<ApiKeyWithSecret> {
    if (expires_at !== null && Date.parse(expires_at) <= Date.now())
      throw invalidParameter('expires_at', 'expires_at must be in the future.');
    this.requireWithinLimit(callerLimit, rate_limit);
    const id = newId(RESOURCE);
    const given = { name, scopes, rate_limit, expires_at };
    return transact(manager, async (inner) => {
      const secret = generateKey(await this.mode(inner, author.workspaceId));
      const hashed = [hashKey(secret), hintOf(secret)];
      await inner.query(INSERT, [author.workspaceId, id, ...hashed, name, scopes, rate_limit, expires_at]);
      await recordEvent(inner, author, { type: 'api_key.created', objectId: id, before: {}, after: given });
      return { ...(await this.get(inner, author.workspaceId, id)), secret };
    });
  }

  /** Throws 409 for the last key that could make others: the workspace would be locked out. */
  async revoke(author: WriteAuthor, id: string, expected: ExpectedVersions): Promise<void> {
    const { workspaceId } = author;
    await transact(this.dataSource.manager, async (manager) => {
      // Locked, so that two administrators cannot revoke each other.
      const admins = await manager.query<{ id: string }[]>(ADMINS, [workspaceId]);
      const { version } = await this.get(manager, workspaceId, id, ['version']);
      requireVersion(version, expected);
      if (admins.length === 1 && admins[0]?.id === id) throw lastAdminKey();
      await manager.query(REVOKE, [workspaceId, id]);
      await recordEvent(manager, author, { type: 'api_key.revoked', objectId: id, before: {}, after: {} });
    });
    this.cache.forget(id);
  }

  /** Makes a key like the given one, which goes on working for the overlap. */
  async rotate(
    author: WriteAuthor,
    id: string,
    overlapMs: number,
    expected: ExpectedVersions,
    manager = this.dataSource.manager,
  ): Promise<ApiKeyWithSecret> {
    const { workspaceId } = author;
    const rotated = await transact(manager, async (inner) => {
      const { version } = await this.get(inner, workspaceId, id, ['version'], 'for update');
      requireVersion(version, expected);
      const mode = await this.mode(inner, workspaceId);
      const successor = await rotateKey(inner, { workspaceId, id, mode }, overlapMs);
      const after = { successor: successor.id, overlap_seconds: overlapMs / 1000 };
      await recordEvent(inner, author, { type: 'api_key.rotated', objectId: id, before: {}, after });
      return { ...(await this.get(inner, workspaceId, successor.id)), secret: successor.secret };
    });
    this.cache.forget(id);
    return rotated;
  }

  private async get(
    manager: EntityManager,
    workspaceId: string,
    id: string,
    names?: readonly string[],
    lock = '',
  ): Promise<ApiKey> {
    const text = `select ${this.rows.list(names)} from api_key
      where workspace_id = $1 and id = $2 and revoked_at is null ${lock}`;
    const [row] = await manager.query<ApiKey[]>(text, [workspaceId, id]);
    if (row === undefined) throw resourceMissing(RESOURCE, id);
    return row;
  }

  /** A workspace is a test or a live one, and so are all its keys. */
  private async mode(manager: EntityManager, workspaceId: string): Promise<Mode> {
    const [row] = await manager.query<{ mode: Mode }[]>('select mode from workspace where id = $1', [workspaceId]);
    if (row === undefined) throw resourceMissing('workspace', workspaceId);
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
