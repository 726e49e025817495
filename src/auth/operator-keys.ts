import { Injectable } from '@nestjs/common';
import { DataSource, IsNull, type EntityManager } from 'typeorm';
import { generateKey, hashKey, modeOfKey, type Mode } from '../common/ids/api-key.format.js';
import { newId } from '../common/ids/id.js';
import { ApiKey } from './api-key.entity.js';
import { insertKey } from './insert-key.js';
import { rotateKey } from './rotate-key.js';
import type { Scope } from '../common/routes/scopes.js';
import { SCOPES } from '../common/routes/scopes.js';
import type { VerifiedCaller } from './verified-key-cache.js';
import { lockKeys, WORKING } from './working-keys.js';
import { Workspace } from './workspace.entity.js';

export interface NewKey {
  /** Name of the workspace; made if there is none. */
  workspace: string;
  name: string;
  scopes: readonly Scope[];
  mode: Mode;
  expiresAt?: Date;
  /** Requests a window; absent for what is configured, 0 for no limit. */
  rateLimit?: number;
}

/** A key as the operator sees it, revoked ones too. */
export type ListedKey = Pick<
  ApiKey,
  'id' | 'name' | 'hint' | 'scopes' | 'rate_limit' | 'expires_at' | 'last_used_at' | 'revoked_at'
> & { workspace: string; mode: Mode };

/** A problem that the person who runs the command can mend. */
export class KeyError extends Error {}

@Injectable()
export class OperatorKeys {
  constructor(private readonly dataSource: DataSource) {}

  /** Is it the key of a workspace, and neither expired nor revoked? */
  async isValid(key: string): Promise<boolean> {
    return modeOfKey(key) !== undefined && (await this.findValid([hashKey(key)])).size > 0;
  }

  /** Whose keys these are, by their hashes, without those that are unknown, expired or revoked. */
  async findValid(hashes: string[]): Promise<Map<string, VerifiedCaller>> {
    const text = `select hash, workspace_id as "workspaceId", id as "keyId", scopes, rate_limit as "rateLimit",
        coalesce(quota_key_id, id) as "quotaKeyId", expires_at as "expiresAt" from api_key
      where hash = any($1) and ${WORKING}`;
    const rows = await this.dataSource.query<(VerifiedCaller & { hash: string })[]>(text, [hashes]);
    return new Map(rows.map(({ hash, ...caller }) => [hash, caller]));
  }

  /** Makes a key and answers its secret, which is not kept. */
  async create(wanted: NewKey): Promise<{ id: string; secret: string }> {
    const secret = generateKey(wanted.mode);
    const id = await this.dataSource.transaction((manager) => this.store(manager, wanted, secret));
    return { id, secret };
  }

  /** Makes sure that a given key works, in workspace `default`, with every scope. */
  async bootstrap(secret: string): Promise<void> {
    const mode = modeOfKey(secret);
    if (mode === undefined)
      throw new KeyError(
        'BOOTSTRAP_API_KEY is not a well-formed key; make one with: npm run --silent keys -- generate',
      );
    if (await this.isValid(secret)) return;
    const wanted: NewKey = { workspace: 'default', name: 'bootstrap', scopes: SCOPES, mode };
    await this.dataSource.transaction(async (manager) => {
      const known = await manager.findOneBy(ApiKey, { hash: hashKey(secret) });
      if (known !== null) throw new KeyError('BOOTSTRAP_API_KEY names a key that was revoked or has expired.');
      await this.store(manager, wanted, secret);
    });
  }

  list(): Promise<ListedKey[]> {
    return this.dataSource.query(`select k.id, w.name as workspace, w.mode, k.name, k.hint, k.scopes, k.rate_limit,
        k.expires_at, k.last_used_at, k.revoked_at
      from api_key k join workspace w on w.id = k.workspace_id order by k.created_at, k.id`);
  }

  async revoke(id: string): Promise<void> {
    const { affected } = await this.dataSource.manager.update(
      ApiKey,
      { id, revoked_at: IsNull() },
      { revoked_at: () => 'clock_timestamp()' },
    );
    if (affected !== 1) throw new KeyError(`There is no active key '${id}'.`);
  }

  /** Makes a successor for the key, which works on for `overlapMs`. */
  rotate(id: string, overlapMs: number): Promise<{ id: string; secret: string }> {
    return this.dataSource.transaction(async (manager) => {
      const key = await manager.findOneBy(ApiKey, { id, revoked_at: IsNull() });
      if (key === null) throw new KeyError(`There is no active key '${id}'.`);
      const mode = await lockKeys(manager, key.workspace_id);
      return rotateKey(manager, { workspaceId: key.workspace_id, id, mode, overlapMs, latestEnd: null });
    });
  }

  private async store(manager: EntityManager, wanted: NewKey, secret: string): Promise<string> {
    const workspace = await this.workspace(manager, wanted.workspace, wanted.mode);
    return insertKey(manager, secret, {
      workspaceId: workspace.id,
      name: wanted.name,
      scopes: wanted.scopes,
      rateLimit: wanted.rateLimit ?? null,
      quotaKeyId: null,
      expiresAt: wanted.expiresAt?.toISOString() ?? null,
    });
  }

  private async workspace(manager: EntityManager, name: string, mode: Mode): Promise<Workspace> {
    const text = 'insert into workspace (id, name, mode) values ($1, $2, $3) on conflict (name) do nothing';
    await manager.query(text, [newId('workspace'), name, mode]);
    const workspace = await manager.findOneByOrFail(Workspace, { name });
    if (workspace.mode === mode) return workspace;
    throw new KeyError(`Workspace '${name}' is a ${workspace.mode} one; its keys cannot be ${mode} keys.`);
  }
}
