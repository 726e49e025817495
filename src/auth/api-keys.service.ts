import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import {
  type Call,
  deleted,
  type Deleted,
  type ExpectedVersions,
  type ListRequest,
  type ObjectRequest,
  type Page,
  type PageQuery,
  recordEvent,
  requireVersion,
  resourceMissing,
  TablePager,
  Table,
  transact,
  type Versioned,
} from '../common/index.js';
import { CONFIG, type Config } from '../config/config.js';
import type { EventView } from '../history/history.dto.js';
import { HistoryService } from '../history/history.service.js';
import { RotateApiKey, type ApiKeyWithSecret, type CreateApiKey } from './api-key.dto.js';
import { ApiKey } from './api-key.entity.js';
import { createKey } from './insert-key.js';
import { boundsOf, makerOf, requireWithin } from './key-maker.js';
import { VerifiedKeyCache } from './verified-key-cache.js';
import { rotateKey } from './rotate-key.js';
import { lockKeys, requireOtherLastingAdmin, requireRoom } from './working-keys.js';

const REVOKE = `update api_key set revoked_at = clock_timestamp(), version = version + 1
  where workspace_id = $1 and id = $2`;

/** Keys that are revoked are kept for the operator, and gone for everyone else. */
const NOT_REVOKED = 'revoked_at is null';

/** The keys of one workspace, as its administrators see and change them. */
@Injectable()
export class ApiKeysService {
  private readonly rows: Table<ApiKey>;
  private readonly pager: TablePager<ApiKey>;

  constructor(
    dataSource: DataSource,
    private readonly cache: VerifiedKeyCache,
    private readonly histories: HistoryService,
    @Inject(CONFIG) private readonly config: Config,
  ) {
    this.rows = new Table(dataSource, ApiKey, { visibleIf: NOT_REVOKED });
    this.pager = new TablePager(this.rows);
  }

  list(call: Call, request: ListRequest): Promise<Page<ApiKey>> {
    return this.pager.page(call, request);
  }

  retrieve(call: Call, id: string, request: ObjectRequest): Promise<ApiKey> {
    return this.pager.retrieve(call, id, request);
  }

  /** The key of the call, which may not change anything, so that its version is of no use. */
  async current(call: Call): Promise<Omit<ApiKey, 'version'>> {
    const { version: _version, ...key } = await this.rows.get(call, call.keyId);
    return key;
  }

  /** Every change of the key, newest first; also of one that was revoked. */
  history(call: Call, id: string, query: PageQuery): Promise<Page<EventView>> {
    return this.histories.list(call, this.rows, id, query);
  }

  /** Makes a key. The key of the call gives what it has: the new one gets no higher limit and no longer life. */
  async create(call: Call, body: CreateApiKey): Promise<ApiKeyWithSecret> {
    const boundsFor = async (call: Call) => boundsOf(await makerOf(call), this.config.RATE_LIMIT_REQUESTS, body);
    // A request that is wrong is refused before it waits for the lock.
    await boundsFor(call);
    return transact(call, async (call) => {
      const { manager, workspaceId } = call;
      const mode = await lockKeys(manager, workspaceId);
      const { name = '', scopes = [] } = body;
      const bounds = await boundsFor(call);
      const { id, secret } = await createKey(manager, mode, { workspaceId, name, scopes, ...bounds });
      await requireRoom(call, this.config.MAX_KEYS);
      const after = { name, scopes, rate_limit: bounds.rateLimit, expires_at: bounds.expiresAt };
      await recordEvent(call, { type: 'api_key.created', objectId: id, before: null, after });
      return { ...(await this.rows.get(call, id)), secret };
    });
  }

  /** Throws 409 for an admin key that outlasts all others. */
  async revoke(call: Call, id: string, expected: ExpectedVersions): Promise<Deleted> {
    await transact(call, async (call) => {
      await lockKeys(call.manager, call.workspaceId);
      const { version, ...before } = await this.rows.get(call, id);
      requireVersion(version, expected);
      await requireOtherLastingAdmin(call, id);
      await call.manager.query(REVOKE, [call.workspaceId, id]);
      await recordEvent(call, { type: 'api_key.revoked', objectId: id, before, after: null });
    });
    this.cache.forget(id);
    return deleted(id);
  }

  /** Makes a successor for the key, which works on for the overlap. */
  async rotate(
    call: Call,
    id: string,
    { overlap_seconds }: RotateApiKey,
    expected: ExpectedVersions,
  ): Promise<ApiKeyWithSecret> {
    const overlapMs = (overlap_seconds ?? RotateApiKey.defaultOverlap) * 1000;
    const rotated = await transact(call, async (call) => {
      const { manager, workspaceId } = call;
      const mode = await lockKeys(manager, workspaceId);
      const { version } = await this.lock(call, id);
      requireVersion(version, expected);
      const maker = await makerOf(call);
      const successor = await rotateKey(manager, {
        ...{ workspaceId, id, mode, overlapMs, latestEnd: maker.expiresAt },
        check: (key) => {
          requireWithin(maker, this.config.RATE_LIMIT_REQUESTS, key);
        },
      });
      await requireRoom(call, this.config.MAX_KEYS);
      const after = { successor: successor.id, overlap_seconds: overlapMs / 1000 };
      await recordEvent(call, { type: 'api_key.rotated', objectId: id, before: {}, after });
      const key = await this.rows.get(call, successor.id);
      const { name, scopes, rate_limit, expires_at } = key;
      const given = { name, scopes, rate_limit, expires_at };
      await recordEvent(call, { type: 'api_key.created', objectId: key.id, before: null, after: given });
      return { ...key, secret: successor.secret };
    });
    this.cache.forget(id);
    return rotated;
  }

  private async lock(call: Call, id: string): Promise<Versioned> {
    const text = `select version from api_key where workspace_id = $1 and id = $2 and ${NOT_REVOKED} for update`;
    const [row] = await call.manager.query<Versioned[]>(text, [call.workspaceId, id]);
    if (row === undefined) throw resourceMissing(this.rows.resource, id);
    return row;
  }
}
