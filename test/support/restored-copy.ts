import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { dump } from '../../src/backup/dump.js';
import { restore } from '../../src/backup/restore.js';
import { loadConfig } from '../../src/config/config.js';
import { cloneDatabase, type TestDatabase } from './database.js';

/** A database into which a backup of another one was restored. */
export async function restoredCopy({ url }: TestDatabase): Promise<TestDatabase> {
  const folder = await mkdtemp(join(tmpdir(), 'restored-'));
  const file = join(folder, 'crm.backup');
  const copy = await cloneDatabase();
  await copy.query('drop schema public cascade');
  await copy.query('create schema public');
  await dump(url, file);
  await restore(loadConfig({ LOG_LEVEL: 'silent' }), copy.url, file);
  await rm(folder, { recursive: true });
  return copy;
}
