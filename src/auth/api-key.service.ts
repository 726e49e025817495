import { Injectable } from '@nestjs/common';
import { DataSource, IsNull, type EntityManager } from 'typeorm';
import { newId } from '../common/ids/id.js';
import { ApiKey } from './api-key.entity.js';
import { generateKey, hashKey, modeOfKey, type Mode } from './api-key.format.js';
import type { Caller } from './caller.js';
import type { Scope } from './scopes.js';
import { SCOPES } from './scopes.js';
import { Workspace } from './workspace.entity.js';

export interface NewKey {
  /** Name of the workspace; made if there is none. */
  workspace: string;
  name: string;
  scopes: readonly Scope[];
  mode: Mode;
  expiresAt?: Date;
}

/** A problem that the person who runs the command can mend. */
export class KeyError extends Error {}

@Injectable()
export class ApiKeyService {
  constructor(private readonly dataSource: DataSource) {}

  /** Who a key belongs to; undefined if it is unknown, expired or revoked. */
  async verify(key: string): Promise<(Caller & { expiresAt: string | null }) | undefined> {
    if (modeOfKey(key) === undefined) return undefined;
    const text = `select workspace_id as "workspaceId", id as "keyId", scopes, expires_at as "expiresAt" from api_key
      where hash = $1 and revoked_at is null and (expires_at is null or expires_at > clock_timestamp())`;
    const [row] = await this.dataSource.query<(Caller & { expiresAt: string | null })[]>(text, [hashKey(key)]);
    return row;
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
    if (await this.verify(secret)) return;
    const wanted: NewKey = { workspace: 'default', name: 'bootstrap', scopes: SCOPES, mode };
    await this.dataSource.transaction(async (manager) => {
      const known = await manager.findOneBy(ApiKey, { hash: hashKey(secret) });
      if (known !== null) throw new KeyError('BOOTSTRAP_API_KEY names a key that was revoked or has expired.');
      await this.store(manager, wanted, secret);
    });
  }

  list(): Promise<ApiKey[]> {
    return this.dataSource.manager.find(ApiKey, { relations: { workspace: true }, order: { created_at: 'ASC' } });
  }

  async revoke(id: string): Promise<void> {
    const { affected } = await this.dataSource.manager.update(
      ApiKey,
      { id, revoked_at: IsNull() },
      { revoked_at: new Date() },
    );
    if (affected !== 1) throw new KeyError(`There is no active key '${id}'.`);
  }

  /** Makes a key like the given one, valid for as long as that was; the given one goes on working for `overlapMs`. */
  rotate(id: string, overlapMs: number): Promise<{ id: string; secret: string }> {
    return this.dataSource.transaction(async (manager) => {
      const where = { id, revoked_at: IsNull() };
      const old = await manager.findOne(ApiKey, { where, relations: { workspace: true } });
      if (!old?.workspace) throw new KeyError(`There is no active key '${id}'.`);
      const secret = generateKey(old.workspace.mode);
      const like: NewKey = {
        workspace: old.workspace.name,
        name: old.name,
        scopes: old.scopes,
        mode: old.workspace.mode,
      };
      if (old.expires_at !== null)
        like.expiresAt = new Date(Date.now() + old.expires_at.getTime() - old.created_at.getTime());
      const newKeyId = await this.store(manager, like, secret);
      const end = new Date(Date.now() + overlapMs);
      const expires_at = old.expires_at !== null && old.expires_at < end ? old.expires_at : end;
      await manager.update(ApiKey, { workspace_id: old.workspace_id, id }, { expires_at });
      return { id: newKeyId, secret };
    });
  }

  private async store(manager: EntityManager, wanted: NewKey, secret: string): Promise<string> {
    const workspace = await this.workspace(manager, wanted.workspace, wanted.mode);
    const id = newId('api-key');
    await manager.insert(ApiKey, {
      workspace_id: workspace.id,
      id,
      name: wanted.name,
      hash: hashKey(secret),
      scopes: [...wanted.scopes],
      expires_at: wanted.expiresAt ?? null,
    });
    return id;
  }

  private async workspace(manager: EntityManager, name: string, mode: Mode): Promise<Workspace> {
    const text = 'insert into workspace (id, name, mode) values ($1, $2, $3) on conflict (name) do nothing';
    await manager.query(text, [newId('workspace'), name, mode]);
    const workspace = await manager.findOneByOrFail(Workspace, { name });
    if (workspace.mode === mode) return workspace;
    throw new KeyError(`Workspace '${name}' is a ${workspace.mode} one; its keys cannot be ${mode} keys.`);
  }
}
