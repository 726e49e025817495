import { randomBytes } from 'node:crypto';
import { link, open, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { workInProgressName } from './system-directory.js';

const FILE_NAME = 'password';

export async function readPassword(dataDir: string): Promise<string> {
  const path = join(dataDir, FILE_NAME);
  const password = (await readFile(path, 'utf8')).trim();
  if (password === '') throw new Error(`${path} is empty: restore it, the database opens with no other password`);
  return password;
}

/** Two first starts may race here, and both must end up with the password the cluster is created with. */
export async function ensurePassword(dataDir: string): Promise<string> {
  const path = join(dataDir, FILE_NAME);
  const partial = join(dataDir, workInProgressName(FILE_NAME));
  try {
    await writeDurably(partial, `${randomBytes(24).toString('hex')}\n`);
    await publish(partial, path);
  } finally {
    await rm(partial, { force: true });
  }
  return readPassword(dataDir);
}

async function writeDurably(path: string, text: string): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** A hard link appears complete or not at all, and never replaces a password that is already there. */
async function publish(partial: string, path: string): Promise<void> {
  try {
    await link(partial, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return;
    const exists = await readFile(path).catch(() => undefined);
    if (exists === undefined) await rename(partial, path);
  }
}
