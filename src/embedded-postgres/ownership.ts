import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from 'pg';
import { connect, type ServerAddress } from './server-connection.js';

// Two arbitrary numbers that mean "this service runs on this database"; all versions of the service must agree on them.
const LOCK = [0x63726d, 1];
const OWNER_NAME = /owner, process (\d+)$/;
const PATIENCE_MS = 3_000;
const RETRY_MS = 100;

export class DataDirInUseError extends Error {
  constructor(dataDir: string, owner: string) {
    super(
      `DATA_DIR ${dataDir} is already in use by another running service (process ${owner}). ` +
        'Stop that one, or set DATA_DIR to another directory or DATABASE_URL to another database.',
    );
    this.name = 'DataDirInUseError';
  }
}

/**
 * Owning means holding a lock for the life of one connection, so that it frees itself however the owner dies.
 * The wait covers the moment the server needs to notice that a killed owner is gone.
 */
export async function takeOwnership(address: ServerAddress, dataDir: string): Promise<Client> {
  const client = await connect(address, 'postgres', `crm-opportunity-service owner, process ${process.pid}`);
  try {
    const deadline = Date.now() + PATIENCE_MS;
    while (!(await tryLock(client))) {
      if (Date.now() > deadline) throw new DataDirInUseError(dataDir, await findOwner(client));
      await delay(RETRY_MS);
    }
    return client;
  } catch (error) {
    await client.end().catch(() => undefined);
    throw error;
  }
}

async function tryLock(client: Client): Promise<boolean> {
  const { rows } = await client.query<{ locked: boolean }>('select pg_try_advisory_lock($1, $2) as locked', LOCK);
  return rows[0]?.locked === true;
}

async function findOwner(client: Client): Promise<string> {
  const { rows } = await client.query<{ name: string }>(
    `select application_name as name from pg_stat_activity join pg_locks using (pid)
      where locktype = 'advisory' and granted and classid = $1 and objid = $2`,
    LOCK,
  );
  return OWNER_NAME.exec(rows[0]?.name ?? '')?.[1] ?? 'unknown';
}
