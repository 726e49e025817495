import { generateKey, hashKey } from '../../src/common/ids/api-key.format.js';
import { newId } from '../../src/common/ids/id.js';
import type { DrillPostgres } from './drill-postgres.js';

/** Makes a workspace with one key that may read and write, unless scopes say more, and answers the key. */
export async function addWorkspace(
  postgres: Pick<DrillPostgres, 'query'>,
  name: string,
  scopes: readonly string[] = ['read', 'write'],
): Promise<string> {
  const [workspace, key] = [newId('workspace'), generateKey('test')];
  await postgres.query(`insert into workspace (id, name, mode) values ($1, $2, 'test')`, [workspace, name]);
  await postgres.query(`insert into api_key (workspace_id, id, name, hash, scopes) values ($1, $2, 'drill', $3, $4)`, [
    workspace,
    newId('api-key'),
    hashKey(key),
    scopes,
  ]);
  return key;
}

/** The id of a workspace that is there. */
export async function workspaceId(postgres: DrillPostgres, name: string): Promise<string> {
  const [row] = await postgres.query<{ id: string }>('select id from workspace where name = $1', [name]);
  if (row === undefined) throw new Error(`There is no workspace ${name}.`);
  return row.id;
}
